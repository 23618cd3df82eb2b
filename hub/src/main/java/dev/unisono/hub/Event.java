package dev.unisono.hub;

import org.jspecify.annotations.Nullable;

/**
 * One event as all its receivers get it. Immutable: nobody changes the array.
 *
 * @param sequence its place in the feed; two events may share one
 * @param topic what it is about; subscribers choose by it
 * @param cursor the position to resume from after it; null where one cannot
 * @param name such as {@code updated}
 * @param data a JSON object in UTF-8 that has at least one member
 */
@SuppressWarnings("ArrayRecordComponent") // shared with every receiver, never compared
public record Event(long sequence, int topic, @Nullable String cursor, String name, byte[] data) {}
