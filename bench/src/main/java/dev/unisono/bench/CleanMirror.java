package dev.unisono.bench;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * A mirror of rows of ten columns, with clean work and without any: what standardizing and
 * validating cost on the whole way from one database to another. Has no state.
 */
final class CleanMirror {
  static final String PLAIN = "mirror-plain";
  static final String CLEAN = "mirror-clean";
  static final String UNIQUE = "mirror-unique";
  static final String CONDITION =
      "ten columns; -plain: types alone; -unique: the same, and no two rows may have the same e-mail"
          + " address; -clean: a schema with constraints of every field, five"
          + " steps, five rules, which all rows pass";

  private static final String TYPES =
      """
      schema:
        properties:
          id:         { type: integer }
          name:       { type: string }
          email:      { type: string }
          country:    { type: string }
          balance:    { type: number }
          updated_at: { type: string, format: date-time }
          phone:      { type: string }
          city:       { type: string }
          status:     { type: string }
          since:      { type: string, format: date }
      """;

  private static final String RULES =
      """
      schema:
        properties:
          id:         { type: integer, minimum: 0 }
          name:       { type: string, minLength: 1, maxLength: 200 }
          email:      { type: string, format: email, maxLength: 254 }
          country:    { type: string, pattern: "^[A-Z]{2}$" }
          balance:    { type: number, minimum: -100000, maximum: 1000000 }
          updated_at: { type: string, format: date-time }
          phone:      { type: string, maxLength: 40 }
          city:       { type: string, maxLength: 100 }
          status:     { type: string, enum: [new, active, gone] }
          since:      { type: string, format: date }
        required: [id, name]
      standardize:
        name:    [trim, collapse-spaces]
        email:   [trim]
        country: [upper-case]
        city:    [unicode-nfc]
      rules:
        - { code: credit-limit, check: "this.balance <= 100000.0 || this.country == 'DE'" }
        - { code: gone-owes-nothing, check: "this.status != 'gone' || this.balance >= 0.0" }
        - { code: contact, check: "this.email != null || this.phone != null" }
        - { code: new-is-empty, check: "this.status != 'new' || this.balance == 0.0" }
        - { code: named, check: "this.name != this.email" }
      """;

  private CleanMirror() {}

  /** Four columns more, which have the same values in each row. */
  static void widen(Connection connection) throws SQLException {
    execute(
        connection,
        "ALTER TABLE public.item ADD COLUMN phone text DEFAULT '+493012345678',"
            + " ADD COLUMN city text DEFAULT 'Zürich', ADD COLUMN status text DEFAULT 'active',"
            + " ADD COLUMN since date DEFAULT '2026-01-31'");
  }

  static void narrow(Connection connection) throws SQLException {
    execute(
        connection,
        "ALTER TABLE public.item DROP COLUMN IF EXISTS phone, DROP COLUMN IF EXISTS city,"
            + " DROP COLUMN IF EXISTS status, DROP COLUMN IF EXISTS since");
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  static String entity(String contender) {
    return switch (contender) {
      case PLAIN -> TYPES;
      case UNIQUE -> TYPES + "unique: [ { field: email } ]\n";
      default -> RULES;
    };
  }
}
