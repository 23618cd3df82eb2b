package dev.unisono.jdbc;

import dev.unisono.fuzz.Seeds;
import dev.unisono.spi.Binding;
import dev.unisono.spi.Field;
import dev.unisono.spi.Schema;
import dev.unisono.spi.ValueType;
import java.util.List;

/** What sources and targets by JDBC have kept, and how a database calls a column's type. */
public final class FuzzJdbcState {
  private static final Binding BINDING =
      new Binding(
          "s",
          new Schema(
              "e",
              List.of(
                  new Field("id", ValueType.LONG, true),
                  new Field("at", ValueType.TIMESTAMP, true)),
              List.of("id", "at")),
          "t",
          List.of("id", "at"),
          "");

  private FuzzJdbcState() {}

  public static List<byte[]> seeds() {
    return Seeds.of(
        "epoch 3 17 9 12 0 false 1 run+7 1-5,9-9",
        "1-5,9-9",
        "17 2026-01-31+13%3A45%3A00",
        "a b%20c",
        "command true 17 3 4 2\ntarget+a 1 2",
        "TIMESTAMP(6) WITH TIME ZONE");
  }

  public static void fuzzerTestOneInput(byte[] input) {
    String text = Seeds.text(input);
    Seeds.refused(() -> LogState.parse(LogState.parse(text).text()));
    Seeds.refused(() -> HandedOver.parse(text).contains(7));
    Seeds.refused(() -> TargetKeys.text(TargetKeys.key(BINDING, text)));
    Seeds.refused(() -> Shape.text(Shape.names(text)));
    Seeds.refused(() -> Sweep.restore(Sweep.restore(text, _ -> List.of()).text(), _ -> List.of()));
    NaturalType.of(new SqliteDialect(), new Table.Column("c", text, false, false, false));
  }
}
