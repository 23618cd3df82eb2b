package dev.unisono.bench;

import java.io.Serial;
import org.jspecify.annotations.Nullable;

/** A measurement that could not be taken, with the reason for whoever started it. Immutable. */
final class BenchFailure extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  BenchFailure(String message) {
    this(message, null);
  }

  BenchFailure(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
