package dev.unisono.demo;

import org.jspecify.annotations.Nullable;

/** The demo cannot go on; the message says why and what to do. */
final class DemoFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  DemoFailure(String message) {
    this(message, null);
  }

  DemoFailure(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
