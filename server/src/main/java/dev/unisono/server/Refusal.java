package dev.unisono.server;

import org.jspecify.annotations.Nullable;

/** A request that is not as it must be: what is wrong, for the caller. */
final class Refusal extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final String code;
  private final @Nullable String field;

  Refusal(int status, String code, String detail, @Nullable String field) {
    super(detail, null, false, false);
    this.status = status;
    this.code = code;
    this.field = field;
  }

  Refusal(int status, String code, String detail) {
    this(status, code, detail, null);
  }

  int status() {
    return status;
  }

  String code() {
    return code;
  }

  String detail() {
    return String.valueOf(getMessage());
  }

  @Nullable String field() {
    return field;
  }
}
