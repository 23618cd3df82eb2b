package dev.unisono.server.operation;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A request that is not as it must be: what is wrong, for the caller. */
public final class Refusal extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final String code;
  private final @Nullable String field;
  private final transient @Nullable Duration retryAfter;

  private Refusal(
      int status,
      String code,
      String detail,
      @Nullable String field,
      @Nullable Duration retryAfter) {
    super(detail, null, false, false);
    this.status = status;
    this.code = code;
    this.field = field;
    this.retryAfter = retryAfter;
  }

  public Refusal(int status, String code, String detail, @Nullable String field) {
    this(status, code, detail, field, null);
  }

  /** One that may be well if it is sent again after some time. */
  public static Refusal until(int status, String code, String detail, Duration retryAfter) {
    return new Refusal(status, code, detail, null, retryAfter);
  }

  public Refusal(int status, String code, String detail) {
    this(status, code, detail, null, null);
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

  /** After which time to ask again; null where it is not known, or asking again is of no use. */
  public @Nullable Duration retryAfter() {
    return retryAfter;
  }
}
