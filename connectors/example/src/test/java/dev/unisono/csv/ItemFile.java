package dev.unisono.csv;

import dev.unisono.testkit.contract.Item;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVPrinter;
import org.apache.commons.csv.CSVRecord;
import org.apache.commons.csv.QuoteMode;
import org.jspecify.annotations.Nullable;

/** A file of the contract's rows as another program would read and replace it. Immutable. */
record ItemFile(Path file) {
  private static final CSVFormat FORMAT =
      CSVFormat.RFC4180.builder().setQuoteMode(QuoteMode.ALL_NON_NULL).setNullString("").get();

  List<Item> read() {
    List<Item> items = new ArrayList<>();
    try (Reader reader = Files.newBufferedReader(file);
        CSVParser parser = CSVParser.builder().setReader(reader).setFormat(FORMAT).get()) {
      for (CSVRecord cells : parser) {
        if (parser.getRecordNumber() > 1) {
          items.add(item(cells.values()));
        }
      }
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
    return items;
  }

  private static Item item(@Nullable String[] cells) {
    String number = cells[2];
    String price = cells[3];
    String ratio = cells[4];
    return new Item(
        Long.parseLong(String.valueOf(cells[0])),
        cells[1],
        number == null ? null : Long.valueOf(number),
        price == null ? null : new BigDecimal(price),
        ratio == null ? null : Double.valueOf(ratio));
  }

  void write(Collection<Item> items) {
    Path beside = file.resolveSibling(file.getFileName() + ".theirs");
    try {
      try (Writer writer = Files.newBufferedWriter(beside);
          CSVPrinter printer = new CSVPrinter(writer, FORMAT)) {
        printer.printRecord("id", "name", "number", "price", "ratio");
        for (Item item : items) {
          printer.printRecord(item.id(), item.name(), item.number(), item.price(), item.ratio());
        }
      }
      Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }
}
