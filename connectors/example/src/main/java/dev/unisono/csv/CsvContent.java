package dev.unisono.csv;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Field;
import dev.unisono.spi.Key;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import dev.unisono.spi.Unfit;
import dev.unisono.spi.UnisonoException;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVPrinter;
import org.apache.commons.csv.CSVRecord;
import org.apache.commons.csv.QuoteMode;
import org.jspecify.annotations.Nullable;

/**
 * What is in the file of one binding: the names of its columns, and for each key a line of cells,
 * in the file's order. Cells of columns that are not synced are kept as they are. For one thread.
 */
final class CsvContent {
  /** RFC 4180; a cell without anything is null, and one of two quotes is an empty text. */
  static final CSVFormat FORMAT =
      CSVFormat.RFC4180
          .builder()
          .setQuoteMode(QuoteMode.ALL_NON_NULL)
          .setNullString("")
          .setRecordSeparator('\n')
          .get();

  private static final String BYTE_ORDER_MARK = "\uFEFF";

  private final Binding binding;
  private final String[] header;

  /** For each field, where in a line its cell is; -1 where the member does not keep it. */
  private final int[] places;

  private final Map<Key, @Nullable String[]> lines = new LinkedHashMap<>();

  private CsvContent(Binding binding, String[] header) {
    this.binding = binding;
    this.header = header;
    this.places = places(binding, header);
  }

  /** A file with the binding's columns and no rows. */
  static CsvContent empty(Binding binding) {
    List<String> columns = new ArrayList<>();
    for (String column : binding.columns()) {
      if (column != null) {
        columns.add(column);
      }
    }
    return new CsvContent(binding, columns.toArray(String[]::new));
  }

  /**
   * Takes a file apart.
   *
   * @throws UnisonoException bad-line, with the file and the number of the line; no-such-column
   */
  static CsvContent parse(Binding binding, byte[] file) {
    String text = text(binding, file);
    try (CSVParser parser =
        CSVParser.builder().setReader(new StringReader(text)).setFormat(FORMAT).get()) {
      long line = 1;
      CsvContent content = null;
      try {
        for (CSVRecord cells : parser) {
          if (content == null) {
            content = new CsvContent(binding, header(binding, cells.values()));
          } else {
            content.add(line, cells.values());
          }
          line = parser.getCurrentLineNumber() + 1;
        }
      } catch (UncheckedIOException unreadable) {
        throw bad(binding, line, "is not closed or has something behind a closing quote");
      }
      if (content == null) {
        throw bad(binding, 1, "does not name the columns");
      }
      return content;
    } catch (IOException failed) {
      throw new UncheckedIOException(failed); // Nothing is read from outside.
    }
  }

  /** What is in a file; bad-line where it is no text. */
  static String text(Binding binding, byte[] file) {
    ByteBuffer bytes = ByteBuffer.wrap(file);
    CharBuffer text = CharBuffer.allocate(file.length);
    CoderResult result = StandardCharsets.UTF_8.newDecoder().decode(bytes, text, true);
    if (result.isError()) {
      long line = 1;
      for (int i = 0; i < bytes.position(); i++) {
        line += file[i] == '\n' ? 1 : 0;
      }
      throw bad(binding, line, "is not UTF-8");
    }
    String read = text.flip().toString();
    return read.startsWith(BYTE_ORDER_MARK) ? read.substring(1) : read;
  }

  /** The names of the columns; bad-line where one has none, or two have the same. */
  static String[] header(Binding binding, @Nullable String[] cells) {
    String[] header = new String[cells.length];
    for (int i = 0; i < cells.length; i++) {
      String name = cells[i];
      if (name == null || Arrays.asList(header).contains(name)) {
        throw bad(binding, 1, "has a column without a name, or two of one name");
      }
      header[i] = name;
    }
    return header;
  }

  private static int[] places(Binding binding, String[] header) {
    int[] places = new int[binding.schema().size()];
    for (int field = 0; field < places.length; field++) {
      String column = binding.column(field);
      places[field] = column == null ? -1 : Arrays.asList(header).indexOf(column);
      if (column != null && places[field] < 0) {
        throw new UnisonoException(
            new Problem(
                "no-such-column",
                ProblemType.EXTERNAL,
                binding.table()
                    + ".csv has no column "
                    + column
                    + ". It has "
                    + String.join(", ", header)
                    + ".",
                binding.configPath() + ".fields." + binding.schema().field(field).name(),
                "Name the column in the file's first line, or another one in the config."));
      }
    }
    return places;
  }

  private void add(long line, @Nullable String[] cells) {
    if (cells.length != header.length) {
      throw bad(
          binding,
          line,
          "has " + cells.length + " values, and there are " + header.length + " columns");
    }
    Row row = row(cells);
    Schema schema = binding.schema();
    for (int part = 0; part < schema.keySize(); part++) {
      Object value = row.value(schema.keyPosition(part));
      if (value == null || value instanceof Unfit) {
        String why = value instanceof Unfit unfit ? " but " + unfit.found() : "";
        throw bad(binding, line, "has no key" + why);
      }
    }
    Key key = schema.key(row);
    if (lines.put(key, cells) != null) {
      throw bad(binding, line, "has the key " + key + ", which a line before it has, too");
    }
  }

  /** Whoever mends the file lets it go on: what is wrong here is retried. */
  static UnisonoException bad(Binding binding, long line, String what) {
    return new UnisonoException(
        new Problem(
            "bad-line",
            ProblemType.EXTERNAL,
            binding.table() + ".csv, line " + line + " " + what + ".",
            binding.configPath() + ".table",
            "Correct the line. Nothing of the file is taken over before."));
  }

  private Row row(@Nullable String[] cells) {
    Schema schema = binding.schema();
    @Nullable Object[] values = new @Nullable Object[schema.size()];
    for (int i = 0; i < values.length; i++) {
      Field field = schema.field(i);
      String text = places[i] < 0 ? null : cells[places[i]];
      // A text of the wrong form is shown as such, so that the engine refuses that row alone.
      values[i] = text == null ? null : CsvValue.read(field.type(), text);
    }
    return new Row(schema, values);
  }

  /** All rows, in the file's order. */
  List<Row> rows() {
    List<Row> rows = new ArrayList<>(lines.size());
    lines.values().forEach(cells -> rows.add(row(cells)));
    return rows;
  }

  java.util.Set<Key> keys() {
    return new HashSet<>(lines.keySet());
  }

  boolean has(Key key) {
    return lines.containsKey(key);
  }

  /**
   * The cells of a key's line, to be changed and put back; without anything where there is none.
   */
  @Nullable String[] cells(Key key) {
    @Nullable String[] cells = lines.get(key);
    return cells == null ? new @Nullable String[header.length] : cells.clone();
  }

  void put(Key key, @Nullable String[] cells) {
    lines.put(key, cells);
  }

  void remove(Key key) {
    lines.remove(key);
  }

  void clear() {
    lines.clear();
  }

  /** Where in a line the cell of a field is; -1 where the member does not keep it. */
  int place(int field) {
    return places[field];
  }

  /** The file. */
  byte[] print() {
    StringWriter text = new StringWriter();
    try (CSVPrinter printer = new CSVPrinter(text, FORMAT)) {
      printer.printRecord((Object[]) header);
      for (@Nullable String[] cells : lines.values()) {
        printer.printRecord((@Nullable Object[]) cells);
      }
    } catch (IOException failed) {
      throw new UncheckedIOException(failed); // It is written to memory.
    }
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }
}
