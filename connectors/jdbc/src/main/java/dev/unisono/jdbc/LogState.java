package dev.unisono.jdbc;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;

/**
 * How far a log was handed over, as kept with the engine's state. Immutable.
 *
 * @param epoch which log it is
 * @param turn how often the log was claimed and pruned, as far as that is known; a log that counts
 *     less is an earlier copy of it
 * @param highest the highest place that was handed over
 * @param count how many transactions, chunks and portions were handed over
 * @param handed those places that were handed over and may still be in the log
 * @param open the transaction of which a part was handed over, with its place, number and key
 */
record LogState(String epoch, long turn, long highest, long count, HandedOver handed, Open open) {
  /**
   * A transaction of which something was handed over and something not.
   *
   * @param place the number that its changes carry; 0 where there is none
   * @param marker the number of a write of our own; 0 where it is somebody else's
   * @param bracket true where it stands between a marker and its end
   * @param session who wrote it
   * @param key tells it from others
   */
  record Open(long place, long marker, boolean bracket, long session, String key) {
    static final Open NONE = new Open(0, 0, false, 0, "");
  }

  String text() {
    return String.join(
        " ",
        epoch,
        Long.toString(turn),
        Long.toString(highest),
        Long.toString(count),
        Long.toString(open.place()),
        Long.toString(open.marker()),
        Boolean.toString(open.bracket()),
        Long.toString(open.session()),
        URLEncoder.encode(open.key(), StandardCharsets.UTF_8),
        handed.text());
  }

  static LogState parse(String text) {
    String[] words = text.split(" ", -1);
    return new LogState(
        words[0],
        Long.parseLong(words[1]),
        Long.parseLong(words[2]),
        Long.parseLong(words[3]),
        HandedOver.parse(words[9]),
        new Open(
            Long.parseLong(words[4]),
            Long.parseLong(words[5]),
            Boolean.parseBoolean(words[6]),
            Long.parseLong(words[7]),
            URLDecoder.decode(words[8], StandardCharsets.UTF_8)));
  }
}
