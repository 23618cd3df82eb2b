package dev.unisono.postgres;

import dev.unisono.fuzz.Seeds;
import java.util.List;

/** What a source has kept, a server says of itself, and a config calls a table. */
public final class FuzzPostgresState {
  private FuzzPostgresState() {}

  public static List<byte[]> seeds() {
    return Seeds.of(
        "0/16B3748 0/16B3750 3",
        "16385 16386 3\n1 id 20 -1 bigint KNOWN =id\n2 a%0Ab 25 -1 text ADDED -",
        "7250000000000000000 1",
        "1\t0/16B3748\tno recovery target specified",
        "100:105:101,103",
        "command true 17 3 4 2\ntarget+a 1 2",
        "\"a\"\"b\".\"c.d\"",
        "numeric(10,2)\nnumeric(12,4)",
        "character varying(20)",
        "0 1 -1 unisono 12");
  }

  public static void fuzzerTestOneInput(byte[] input) {
    String text = Seeds.text(input);
    Seeds.refused(() -> StreamState.parse(StreamState.parse(text).text()));
    Seeds.refused(() -> TableShape.parse(TableShape.parse(text).text()));
    Seeds.refused(() -> ServerIdentity.parse(text));
    Seeds.refused(() -> ServerIdentity.leftAt(1, text));
    Seeds.refused(() -> VisibilitySnapshot.parse(text).sees(7));
    Seeds.refused(() -> Sweep.restore(Sweep.restore(text, _ -> List.of()).text(), _ -> List.of()));
    Seeds.refused(() -> WriteMarker.number(text, "i"));
    TableName.parse(text);
    int end = Math.max(0, text.indexOf('\n'));
    Seeds.refused(() -> TypeWidth.wider(text.substring(0, end), text.substring(end)));
  }
}
