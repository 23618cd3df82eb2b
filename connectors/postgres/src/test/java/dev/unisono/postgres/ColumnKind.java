package dev.unisono.postgres;

import dev.unisono.spi.Field;
import dev.unisono.spi.ValueType;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A column, the field it is read as, and values of it, each as SQL. Immutable.
 *
 * @param items for an array the type of its elements; else null
 */
record ColumnKind(
    String column,
    String type,
    ValueType valueType,
    @Nullable ValueType items,
    List<String> values) {

  private static ColumnKind of(String column, String type, ValueType field, String... values) {
    return new ColumnKind(column, type, field, null, List.of(values));
  }

  private static ColumnKind text(String column, String type, String... values) {
    return of(column, type, ValueType.STRING, values);
  }

  private static ColumnKind array(String column, String type, ValueType items, String... values) {
    return new ColumnKind(column, type, ValueType.ARRAY, items, List.of(values));
  }

  Field field() {
    return new Field(column, valueType, items, false);
  }

  /** What has to be there before a table with these columns is made. */
  static final String[] TYPES = {
    "CREATE EXTENSION citext",
    "CREATE EXTENSION hstore",
    "CREATE EXTENSION ltree",
    "CREATE SCHEMA \"App.x\"",
    "CREATE TYPE \"App.x\".\"Mood \"\"q\"\"\" AS ENUM ('happy', 'it''s, {bad}', 'NULL')",
    "CREATE TYPE \"App.x\".place AS (number int, street text, marks numeric[])",
    "CREATE TYPE \"App.x\".span AS RANGE (subtype = float8)",
    "CREATE DOMAIN \"App.x\".code AS varchar(3) CHECK (VALUE <> '')",
    "CREATE DOMAIN \"App.x\".twice AS \"App.x\".code",
    "CREATE DOMAIN amount AS numeric(12, 2)",
    "CREATE DOMAIN numbers AS int[]"
  };

  private static final List<ColumnKind> PLAIN =
      List.of(
          of("flag", "boolean", ValueType.BOOLEAN, "true", "false"),
          of("small", "smallint", ValueType.LONG, "-32768", "32767"),
          of("whole", "integer", ValueType.LONG, "-2147483648", "2147483647"),
          of("large", "bigint", ValueType.LONG, "-9223372036854775808", "9223372036854775807", "0"),
          of("digits", "bigint", ValueType.DECIMAL, "9223372036854775807", "-1"),
          of("number", "oid", ValueType.LONG, "4294967295"),
          of(
              "amount",
              "numeric",
              ValueType.DECIMAL,
              "'NaN'",
              "'Infinity'",
              "'-Infinity'",
              "0.00",
              "-1.50",
              "123456789012345678901234567890.123456789",
              "1e-300",
              "1e300",
              "'1e-16383'",
              "'1e131071'"),
          of("scaled", "numeric(12, 4)", ValueType.DECIMAL, "1.5", "-0.0001"),
          of("hundreds", "numeric(5, -2)", ValueType.DECIMAL, "12345", "-9999900"),
          of("tiny", "numeric(3, 5)", ValueType.DECIMAL, "0.00999"),
          of("domain_amount", "amount", ValueType.DECIMAL, "1.5", "'NaN'"),
          of(
              "real4",
              "real",
              ValueType.DOUBLE,
              "'NaN'",
              "'Infinity'",
              "'-Infinity'",
              "1.1",
              "3.4028235e38",
              "'-0'"),
          of(
              "real8",
              "double precision",
              ValueType.DOUBLE,
              "'NaN'",
              "'Infinity'",
              "'-Infinity'",
              "0.1",
              "1.7976931348623157e308",
              "5e-324",
              "'-0'"),
          of(
              "real_decimal",
              "double precision",
              ValueType.DECIMAL,
              "0.1",
              "1e300",
              "1e-300",
              "'NaN'",
              "'-Infinity'"),
          text(
              "words",
              "text",
              "''",
              "'NULL'",
              "'null'",
              "E'quote \" back \\\\ brace {} comma , line \\n tab \\t'",
              "' spaced '",
              "E'\\u00fc \\u20ac \\U0001F600'"),
          text("short", "varchar(20)", "'it''s'"),
          text("padded", "char(5)", "'ab'", "'     '"),
          text("identifier", "name", "'pg_class'"),
          of(
              "day",
              "date",
              ValueType.DATE,
              "'infinity'",
              "'-infinity'",
              "'0044-03-15 BC'",
              "'4713-01-01 BC'",
              "'0001-01-01'",
              "'5874897-12-31'",
              "'2024-02-29'"),
          of("clock", "time", ValueType.TIME, "'00:00:00'", "'23:59:59.999999'", "'10:15:30.5'"),
          of(
              "moment",
              "timestamp",
              ValueType.TIMESTAMP,
              "'infinity'",
              "'-infinity'",
              "'0044-03-15 10:15:00 BC'",
              "'4713-01-01 00:00:00 BC'",
              "'294276-12-31 23:59:59.999999'",
              "'2024-02-29 12:00:00.000001'",
              "'1969-12-31 23:59:59.999999'"),
          of(
              "instant",
              "timestamptz",
              ValueType.TIMESTAMP,
              "'infinity'",
              "'-infinity'",
              "'0001-12-31 23:59:59.999999+00 BC'",
              "'1883-01-01 12:00:00 America/New_York'",
              "'2024-06-01 12:00:00+05:30'"),
          of(
              "marker",
              "uuid",
              ValueType.UUID,
              "'ffffffff-ffff-ffff-ffff-ffffffffffff'",
              "md5('x')::uuid"),
          text("marker_text", "uuid", "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'"),
          of(
              "document",
              "json",
              ValueType.JSON,
              "'{\"b\": 1,  \"a\": [1.50, null, \"\\u00fc \\\\\"], \"b\": 2}'",
              "'null'",
              "'\"x\"'"),
          of(
              "binary_document",
              "jsonb",
              ValueType.JSON,
              "'{\"b\": 1.50, \"a\": \"x\\\\y\"}'",
              "'[]'",
              "'null'"),
          of(
              "raw",
              "bytea",
              ValueType.BYTES,
              "''",
              "'\\x00ff5c22'",
              "decode(repeat('ab', 5000), 'hex')"));

  /** What is read as PostgreSQL's own text. */
  private static final List<ColumnKind> TEXTS =
      List.of(
          text("clock_text", "time", "'24:00:00'", "'10:00:00.000001'"),
          text("day_text", "date", "'4713-01-01 BC'", "'infinity'"),
          text("zoned", "timetz", "'24:00:00+02'", "'10:15:30.123456-05:30'"),
          text(
              "span",
              "interval",
              "'1 year 2 mons -3 days 04:05:06.789012'",
              "'-1 mon +2 days -00:00:00.000001'",
              "'infinity'",
              "'0'",
              "'178000000 years'"),
          text("mood", "\"App.x\".\"Mood \"\"q\"\"\"", "'happy'", "'it''s, {bad}'", "'NULL'"),
          text("code", "\"App.x\".twice", "'a''b'", "'abc'"),
          text("host", "inet", "'10.1.2.3'", "'10.1.2.3/8'", "'::1'", "'fe80::1/64'"),
          text("net", "cidr", "'10.0.0.0/8'", "'192.168.1.1/32'"),
          text("mac", "macaddr", "'08:00:2b:01:02:03'"),
          text("mac8", "macaddr8", "'08:00:2b:01:02:03:04:05'"),
          text("bits", "bit(5)", "B'10101'", "B'00000'"),
          text("some_bits", "varbit", "B''", "B'1'", "B'0101'"),
          text("whole_range", "int4range", "'[1,5)'", "'empty'", "'(,)'", "'[3,]'"),
          text("time_range", "tstzrange", "'[2024-01-01,infinity)'", "'(,2024-01-01 00:00+05]'"),
          text("text_range", "\"App.x\".span", "'[1.5,1e300)'", "'[-0,0]'"),
          text("ranges", "int4multirange", "'{}'", "'{[1,3),[5,7)}'"),
          text("pairs", "hstore", "''", "'\"a\"=>NULL, \"b\\\"c\"=>\"x\\\\y, =>\"'"),
          text("path_of_labels", "ltree", "'Top.Science.Astronomy'", "''"),
          text("caseless", "citext", "'MiXed'", "''"),
          text(
              "place",
              "\"App.x\".place",
              "ROW(NULL, NULL, NULL)",
              "ROW(1, E'x\"y\\\\z,( ', ARRAY[1.50, NULL])",
              "ROW(NULL, '', '{}')"),
          text("markup", "xml", "'<a b=\"c\">&amp;</a>'", "'two <b/> parts'", "''"),
          text("price", "money", "'-92233720368547758.08'", "1234.5::numeric::money"),
          text("spot", "point", "'(1.1,-2e300)'", "'(NaN,Infinity)'"),
          text("line", "line", "'{1,2,3}'"),
          text("segment", "lseg", "'[(0,0),(1,1)]'"),
          text("corners", "box", "'(1,1),(0,0)'"),
          text("track", "path", "'[(0,0),(1,1)]'", "'((0,0),(1,1),(2,0))'"),
          text("area", "polygon", "'((0,0),(1,1),(2,0))'"),
          text("ring", "circle", "'<(1,2),3>'"),
          text("search", "tsvector", "'''it''''s'':1A cat:2'", "''"),
          text("query", "tsquery", "'''a b'' & !c <-> d:*A'"),
          text("log_place", "pg_lsn", "'16/B374D848'"),
          text("big_transaction", "xid8", "'18446744073709551615'"),
          text("letter", "\"char\"", "'x'", "''"),
          text("json_path", "jsonpath", "'$.\"a\"[*] ? (@ > 1)'"),
          text("small_numbers", "int2vector", "'1 2 3'", "''"),
          text("bounds", "int[]", "'[0:1]={1,NULL}'", "'[2:2][-1:0]={{1,2}}'", "'{}'"),
          text("numbers", "numbers", "'{1,2}'", "'{}'"));

  private static final List<ColumnKind> ARRAYS =
      List.of(
          array(
              "wholes",
              "bigint[]",
              ValueType.LONG,
              "'{}'",
              "'{NULL,-9223372036854775808,0}'",
              "'{{1,2},{3,NULL}}'",
              "'{{{1}}}'"),
          array("flags", "boolean[]", ValueType.BOOLEAN, "'{t,f,NULL}'"),
          array("reals", "float8[]", ValueType.DOUBLE, "'{NaN,-Infinity,0.1,5e-324}'"),
          array("amounts", "numeric[]", ValueType.DECIMAL, "'{NaN,Infinity,1.50,NULL,1e-20}'"),
          array("domains", "amount[]", ValueType.DECIMAL, "'{1.5,NULL}'"),
          array("domain_of_array", "numbers", ValueType.LONG, "'{1,2}'"),
          array(
              "texts",
              "text[]",
              ValueType.STRING,
              "ARRAY['', 'NULL', NULL, 'null', E'a\"b\\\\c\\n', '{x,y}', ' ', E'\\u00fc\\u20ac']",
              "ARRAY[['a'], ['b']]",
              "'{}'"),
          array("short_texts", "varchar(3)[]", ValueType.STRING, "'{abc,a}'"),
          array("padded_texts", "char(4)[]", ValueType.STRING, "'{ab,NULL}'"),
          array("days", "date[]", ValueType.DATE, "'{infinity,2024-02-29,\"0044-03-15 BC\"}'"),
          array("clocks", "time[]", ValueType.TIME, "'{10:15:30.000001}'"),
          array("moments", "timestamp[]", ValueType.TIMESTAMP, "'{\"2024-02-29 12:00:00.5\"}'"),
          array("instants", "timestamptz[]", ValueType.TIMESTAMP, "'{-infinity,2024-01-01}'"),
          array("markers", "uuid[]", ValueType.UUID, "ARRAY[md5('x')::uuid, NULL]"),
          array("raws", "bytea[]", ValueType.BYTES, "ARRAY['\\x00ff5c22'::bytea, ''::bytea]"),
          array(
              "documents", "json[]", ValueType.JSON, "ARRAY['{\"a\": [1.50]}'::json, '[]', NULL]"),
          array("jsonbs", "jsonb[]", ValueType.JSON, "ARRAY['{\"a\": \"x\\\\y\"}'::jsonb]"),
          array(
              "moods",
              "\"App.x\".\"Mood \"\"q\"\"\"[]",
              ValueType.STRING,
              "'{happy,\"NULL\",NULL}'"),
          array("codes", "\"App.x\".twice[]", ValueType.STRING, "'{abc}'"),
          array(
              "places",
              "\"App.x\".place[]",
              ValueType.STRING,
              "ARRAY[ROW(1, 'a,\"b', '{2}')]::\"App.x\".place[]"),
          array("boxes", "box[]", ValueType.STRING, "'{(1,1),(0,0);(3,3),(2,2)}'"),
          array("hosts", "inet[]", ValueType.STRING, "'{10.1.2.3,10.0.0.0/8}'"),
          array("prices", "money[]", ValueType.STRING, "ARRAY[1234.5::numeric::money]"),
          array("spans", "interval[]", ValueType.STRING, "'{\"1 day\",-00:00:01}'"),
          array("some_ranges", "int4range[]", ValueType.STRING, "'{\"[1,5)\",empty}'"),
          array("hashes", "hstore[]", ValueType.STRING, "ARRAY['a=>\"b,c\"'::hstore]"),
          array("markups", "xml[]", ValueType.STRING, "ARRAY['<a/>'::xml]"),
          array("caseless_ones", "citext[]", ValueType.STRING, "'{Ab}'"),
          array("bit_arrays", "bit(3)[]", ValueType.STRING, "'{101}'"));

  static final List<ColumnKind> ALL =
      Stream.of(PLAIN, TEXTS, ARRAYS).flatMap(List::stream).toList();
}
