package dev.unisono.server.operation;

import org.jspecify.annotations.Nullable;

/** A request that is not as it must be: what is wrong, for the caller. */
public final class Refusal extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final String code;
  private final @Nullable String field;

  public Refusal(int status, String code, String detail, @Nullable String field) {
    super(detail, null, false, false);
    this.status = status;
    this.code = code;
    this.field = field;
  }

  public Refusal(int status, String code, String detail) {
    this(status, code, detail, null);
  }

  public int status() {
    return status;
  }

  public String code() {
    return code;
  }

  public String detail() {
    return String.valueOf(getMessage());
  }

  public @Nullable String field() {
    return field;
  }
}
