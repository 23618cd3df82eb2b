package dev.unisono.engine.convert;

import dev.unisono.spi.Row;
import dev.unisono.spi.RowReader;
import java.util.List;

/** Rows of one binding in the form of the engine. For one thread. */
record ConvertingRows(RowReader reader, MemberForm form) implements RowReader {
  @Override
  public List<Row> next(int limit) {
    return reader.next(limit).stream().map(form::read).toList();
  }

  @Override
  public void close() {
    reader.close();
  }
}
