package dev.unisono.engine.convert;

import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;

/** Says that a row has a value that a member's column has no form for. Immutable. */
final class UnconvertibleException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final transient MemberForm form;
  private final int field;

  UnconvertibleException(MemberForm form, int field) {
    super("no form for a value", null, false, false);
    this.form = form;
    this.field = field;
  }

  /** Named the same for every row that it stands against. */
  String constraint() {
    return "conversion of " + name();
  }

  private String name() {
    return form.entity().schema().field(field).name();
  }

  Problem problem(String system) {
    return new Problem(
        "not-convertible",
        ProblemType.USER,
        "The value of "
            + name()
            + " has no form in "
            + system
            + ", where the column "
            + form.entity().column(field)
            + " holds "
            + form.form(field)
            + ".",
        form.entity().configPath(),
        "Correct the value, or the conversion of the field.");
  }
}
