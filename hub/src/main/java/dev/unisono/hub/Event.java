package dev.unisono.hub;

import org.jspecify.annotations.Nullable;

/**
 * One event as its receivers get it, but for what their views make of it. Immutable: nobody changes
 * the array.
 *
 * @param sequence its place in the feed; two events may share one
 * @param topic what it is about; subscribers choose by it
 * @param cursor the position to resume from after it; null where one cannot
 * @param name such as {@code updated}
 * @param data a JSON object in UTF-8 that has at least one member
 * @param subject what it tells of, for views; the hub does not look at it
 */
@SuppressWarnings("ArrayRecordComponent") // shared with every receiver, never compared
public record Event(
    long sequence,
    int topic,
    @Nullable String cursor,
    String name,
    byte[] data,
    @Nullable Object subject) {
  public Event(long sequence, int topic, @Nullable String cursor, String name, byte[] data) {
    this(sequence, topic, cursor, name, data, null);
  }

  /** The same event as somebody sees it. */
  public Event seenAs(String otherName, byte[] otherData) {
    return new Event(sequence, topic, cursor, otherName, otherData, subject);
  }
}
