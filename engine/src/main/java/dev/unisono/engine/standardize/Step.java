package dev.unisono.engine.standardize;

import org.jspecify.annotations.Nullable;

/**
 * One step on the way of a text to its standard form. A pure function, and taking it twice changes
 * nothing more, but for an expression of the config's own. What a step does not understand it
 * leaves as it is: validating decides about that. Immutable; safe for threads.
 */
public sealed interface Step
    permits PlainStep,
        NameStep,
        PhoneStep,
        CountryStep,
        CurrencyStep,
        NumberStep,
        DateStep,
        DateTimeStep,
        UrlStep,
        PostalCodeStep,
        BooleanStep,
        NullWordsStep,
        ExpressionStep {
  /** The text in its standard form; null where it stands for no value. */
  @Nullable String apply(String text);

  /** The field of the row that says in which country the text is meant; null where none does. */
  default @Nullable String regionField() {
    return null;
  }

  /** The same step for texts of one country, as the region field has it. */
  default Step in(String country) {
    return this;
  }
}
