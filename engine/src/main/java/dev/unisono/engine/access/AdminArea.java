package dev.unisono.engine.access;

import java.util.Locale;

/** What is administered, apart from records. */
public enum AdminArea {
  /**
   * How the server runs, and what it has set aside or holds for a person: that shows records as
   * they are.
   */
  OPERATIONS,
  /** Keys, people, roles, clients and the audit. */
  ACCESS,
  /** What is measured. */
  METRICS;

  /** As scopes and roles name it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
