package dev.unisono.systemtests;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The two entities that are mirrored, and how to read them from each place in one comparable form.
 * Immutable; safe for threads.
 */
enum MirroredEntity {
  CUSTOMER(
      "customers",
      "public.customers",
      "public.clients",
      List.of(
          new Field("id", "id", "client_id", Kind.PLAIN),
          new Field("name", "name", "full_name", Kind.PLAIN),
          new Field("email", "email", "mail", Kind.PLAIN),
          new Field("country", "country", "country", Kind.PLAIN),
          new Field("balance", "balance", "balance", Kind.PLAIN),
          new Field("updated_at", "updated_at", "changed_at", Kind.TIMESTAMP),
          new Field("score", "score", "rating", Kind.PLAIN),
          new Field("notes", "notes", "remarks", Kind.PLAIN))),
  ORDER(
      "orders",
      "public.orders",
      "public.invoices",
      List.of(
          new Field("id", "id", "invoice_id", Kind.PLAIN),
          new Field("customer_id", "customer_id", "client_id", Kind.PLAIN),
          new Field("item", "item", "article", Kind.PLAIN),
          new Field("quantity", "quantity", "amount", Kind.PLAIN),
          new Field("price", "price", "unit_price", Kind.PLAIN),
          new Field("ordered_on", "ordered_on", "invoiced_on", Kind.PLAIN),
          new Field("shipped", "shipped", "sent", Kind.PLAIN)));

  private enum Kind {
    PLAIN,
    TIMESTAMP
  }

  private record Field(String name, String inCrm, String inBilling, Kind kind) {
    /** The column as the text that the doors would show. */
    String expression(String column) {
      return switch (kind) {
        case PLAIN -> column + "::text";
        case TIMESTAMP ->
            "to_char(" + column + " AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')";
      };
    }
  }

  private final String plural;
  private final String crmTable;
  private final String billingTable;

  @SuppressWarnings("ImmutableEnumChecker") // made by List.of only
  private final List<Field> fields;

  MirroredEntity(String plural, String crmTable, String billingTable, List<Field> fields) {
    this.plural = plural;
    this.crmTable = crmTable;
    this.billingTable = billingTable;
    this.fields = fields;
  }

  /** Its name in the config and in events. */
  String entity() {
    return this == CUSTOMER ? "customer" : "order";
  }

  String plural() {
    return plural;
  }

  Rows inCrm(Connection crm) throws SQLException {
    return read("crm's " + crmTable, crm, crmTable, field -> field.expression(field.inCrm()));
  }

  Rows inBilling(Connection billing) throws SQLException {
    return read(
        "billing's " + billingTable,
        billing,
        billingTable,
        field -> field.expression(field.inBilling()));
  }

  private Rows read(
      String where, Connection connection, String table, Function<Field, String> expression)
      throws SQLException {
    SortedMap<Long, String> rows = new TreeMap<>();
    String columns = fields.stream().map(expression).collect(Collectors.joining(", "));
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT " + columns + " FROM " + table)) {
      while (row.next()) {
        ArrayNode line = ExactJson.object().putArray("line");
        for (int i = 1; i <= fields.size(); i++) {
          line.add(row.getString(i));
        }
        rows.put(row.getLong(1), line.toString());
      }
    }
    return new Rows(where, rows);
  }

  /** Records as a door has shown them. */
  Rows shown(String where, Map<Long, ? extends JsonNode> records) {
    SortedMap<Long, String> rows = new TreeMap<>();
    records.forEach((key, record) -> rows.put(key, line(record)));
    return new Rows(where, rows);
  }

  private String line(JsonNode record) {
    ArrayNode line = ExactJson.object().putArray("line");
    for (Field field : fields) {
      JsonNode value = record.get(field.name());
      @Nullable String text = value == null ? "(absent)" : ExactJson.plain(value);
      line.add(text);
    }
    return line.toString();
  }
}
