package dev.unisono.mariadb;

import dev.unisono.fuzz.Seeds;
import java.util.List;

/** What a source has kept, a server says of its log and its columns, and a config calls things. */
public final class FuzzMariaDbState {
  private FuzzMariaDbState() {}

  public static List<byte[]> seeds() {
    return Seeds.of(
        "binlog.000012 4 0-1-7 - 3 17 1",
        "0-1-7,1-2-9",
        "db t id\nid bigint%2820%29 - false\nname enum%28%27a%27%2C%27b%27%29 utf8mb4 true",
        "jdbc:mariadb://[::1]:3306/db",
        "db.table",
        "binlog.000012",
        "command true 17 3 4 2\ntarget+a 1 2");
  }

  public static void fuzzerTestOneInput(byte[] input) {
    String text = Seeds.text(input);
    Seeds.refused(() -> StreamState.parse(StreamState.parse(text).text()));
    Seeds.refused(() -> Gtids.parse(Gtids.parse(text).text()));
    Seeds.refused(() -> Definition.parse(Definition.parse(text).text()).statement());
    Seeds.refused(() -> Sweep.restore(Sweep.restore(text, _ -> List.of()).text(), _ -> List.of()));
    Seeds.refused(() -> LogPlace.number(text));
    Address.parse(text).ifPresent(Address::jdbcUrl);
    Table.Name.parse(text, "db").sql();
    ColumnType type = ColumnType.of(text.split("[ (]", 2)[0], text);
    type.fieldSchema();
  }
}
