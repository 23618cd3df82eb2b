package dev.unisono.server.access;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Is told what is to be remembered of who did what. Never waits for long. Safe for threads. */
public interface Audit {
  /** Remembers nothing. */
  Audit NONE = _ -> {};

  /** What an event is of. */
  enum Kind {
    /** Somebody has shown who they are, or could not. */
    SIGN_IN,
    /** Somebody was refused what they may not do. */
    DENIAL,
    /** Keys, people, roles or clients were changed. */
    ACCESS,
    /** Somebody tries again and again to be somebody else. */
    SUSPICIOUS,
    /** The config was taken up anew. */
    CONFIG,
    /** Something else was done by the administration. */
    OPERATION;

    /** As answers name it. */
    public String label() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /**
   * What happened; without anything secret.
   *
   * @param actor the caller's name; empty where nobody is known
   * @param action what was tried, such as {@code change customer} or {@code key.create}
   * @param subject what it was done to; empty where there is nothing to name
   * @param allowed whether it was done
   * @param detail a sentence for people
   * @param address where it came from; null where that is not known
   */
  record Event(
      Kind kind,
      String actor,
      String action,
      String subject,
      boolean allowed,
      String detail,
      @Nullable String address) {}

  void tell(Event event);
}
