package dev.unisono.fuzz;

import dev.unisono.spi.UnisonoException;
import java.nio.BufferUnderflowException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.util.Arrays;
import java.util.List;
import java.util.NoSuchElementException;

/** What the targets share. Has no state. */
public final class Seeds {
  private Seeds() {}

  public static List<byte[]> of(String... texts) {
    return Arrays.stream(texts).map(text -> text.getBytes(StandardCharsets.UTF_8)).toList();
  }

  public static String text(byte[] input) {
    return new String(input, StandardCharsets.UTF_8);
  }

  /** Something that may fail for what is none of its values, but by no other failure. */
  public static void refused(Runnable reading) {
    try {
      reading.run();
    } catch (UnisonoException
        | IllegalArgumentException
        | IllegalStateException
        | ArithmeticException
        | DateTimeException
        | IndexOutOfBoundsException
        | NoSuchElementException
        | BufferUnderflowException malformed) {
      // A source that reads such a thing stops with it.
    }
  }
}
