package dev.unisono.csv;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Field;
import dev.unisono.spi.Row;
import dev.unisono.spi.RowReader;
import dev.unisono.spi.Schema;
import dev.unisono.spi.Survey;
import dev.unisono.spi.SurveyedServer;
import dev.unisono.spi.SurveyedServer.Way;
import dev.unisono.spi.SurveyedTable;
import dev.unisono.spi.ValueType;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.jspecify.annotations.Nullable;

/**
 * A look at the files of one folder. A file says of its columns nothing but their names. For one
 * thread.
 */
final class CsvSurvey implements Survey {
  private static final String ENDING = ".csv";

  private final CsvFolder folder;

  CsvSurvey(CsvFolder folder) {
    this.folder = folder;
  }

  @Override
  public SurveyedServer server() {
    return new SurveyedServer("a folder of CSV files", Way.LOCAL, "files on this machine");
  }

  @Override
  public void ping() {
    tables();
  }

  @Override
  public List<String> tables() {
    try (Stream<Path> files = Files.list(folder.folder())) {
      return files
          .map(file -> String.valueOf(file.getFileName()))
          .filter(name -> name.endsWith(ENDING) && !name.startsWith("."))
          .map(name -> name.substring(0, name.length() - ENDING.length()))
          .sorted()
          .toList();
    } catch (IOException failed) {
      throw folder.failure("listing the files", failed);
    }
  }

  @Override
  public SurveyedTable table(String name) {
    List<String[]> lines = lines(name);
    List<SurveyedTable.Column> columns = new ArrayList<>();
    for (String column : lines.getFirst()) {
      columns.add(
          new SurveyedTable.Column(
              column, "", ValueType.STRING, null, true, true, SurveyedTable.UNKNOWN, false));
    }
    return new SurveyedTable(
        name, lines.size() - 1L, columns, List.of(), List.of(), List.of(), List.of());
  }

  /** The cells of all lines, that with the names of the columns first. */
  private List<String[]> lines(String table) {
    Schema any =
        new Schema(table, List.of(new Field("line", ValueType.STRING, false)), List.of("line"));
    Binding named =
        new Binding("assess", any, table, List.of("line"), "systems." + folder.system());
    String text = CsvContent.text(named, folder.read(named));
    List<String[]> lines = new ArrayList<>();
    try (CSVParser parser =
        CSVParser.builder().setReader(new StringReader(text)).setFormat(CsvContent.FORMAT).get()) {
      for (CSVRecord cells : parser) {
        String[] line = cells.values();
        if (lines.isEmpty()) {
          line = CsvContent.header(named, line);
        } else if (line.length != lines.getFirst().length) {
          throw CsvContent.bad(
              named,
              parser.getCurrentLineNumber(),
              "has "
                  + line.length
                  + " values, and there are "
                  + lines.getFirst().length
                  + " columns");
        }
        lines.add(line);
      }
    } catch (UncheckedIOException unreadable) {
      throw CsvContent.bad(
          named, lines.size() + 1L, "is not closed or has something behind a closing quote");
    } catch (IOException failed) {
      throw new UncheckedIOException(failed); // Nothing is read from outside.
    }
    if (lines.isEmpty()) {
      throw CsvContent.bad(named, 1, "does not name the columns");
    }
    return lines;
  }

  @Override
  public RowReader sample(Binding binding, SurveyedTable table, int rows) {
    List<String[]> lines = lines(table.name());
    List<String> header = Arrays.asList(lines.getFirst());
    List<Row> sample = new ArrayList<>();
    int all = lines.size() - 1;
    int taken = Math.min(all, rows);
    for (int i = 0; i < taken; i++) {
      // Evenly from the whole file.
      @Nullable String[] cells = lines.get(1 + (int) ((long) i * all / taken));
      @Nullable Object[] values = new @Nullable Object[binding.schema().size()];
      for (int field = 0; field < values.length; field++) {
        int place = header.indexOf(binding.column(field));
        String text = place < 0 ? null : cells[place];
        values[field] =
            text == null ? null : CsvValue.read(binding.schema().field(field).type(), text);
      }
      sample.add(new Row(binding.schema(), values));
    }
    return new Page(sample);
  }

  /** Rows that were read already. For one thread. */
  private static final class Page implements RowReader {
    private final List<Row> rows;
    private int read;

    Page(List<Row> rows) {
      this.rows = rows;
    }

    @Override
    public List<Row> next(int limit) {
      List<Row> page = rows.subList(read, Math.min(rows.size(), read + limit));
      read += page.size();
      return page;
    }

    @Override
    public void close() {
      // Nothing is open.
    }
  }

  @Override
  public void close() {
    // Nothing is open.
  }
}
