package dev.unisono.engine.standardize;

import java.util.Currency;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The ISO 4217 code of a currency, from the code itself, its name in many languages, or a sign that
 * no other currency has. Has no state of its own; safe for threads.
 */
record CurrencyStep() implements Step {
  private static final int MOST_LETTERS = 100;

  /** A dollar's sign says not which. */
  private static final Map<String, String> SIGNS =
      Map.ofEntries(
          Map.entry("€", "EUR"),
          Map.entry("£", "GBP"),
          Map.entry("US$", "USD"),
          Map.entry("A$", "AUD"),
          Map.entry("C$", "CAD"),
          Map.entry("CA$", "CAD"),
          Map.entry("AU$", "AUD"),
          Map.entry("HK$", "HKD"),
          Map.entry("NZ$", "NZD"),
          Map.entry("NT$", "TWD"),
          Map.entry("R$", "BRL"),
          Map.entry("MX$", "MXN"),
          Map.entry("S$", "SGD"),
          Map.entry("₹", "INR"),
          Map.entry("₩", "KRW"),
          Map.entry("₽", "RUB"),
          Map.entry("₺", "TRY"),
          Map.entry("₪", "ILS"),
          Map.entry("₫", "VND"),
          Map.entry("₴", "UAH"),
          Map.entry("₦", "NGN"),
          Map.entry("₱", "PHP"),
          Map.entry("₲", "PYG"),
          Map.entry("₸", "KZT"),
          Map.entry("₾", "GEL"),
          Map.entry("₼", "AZN"),
          Map.entry("₡", "CRC"),
          Map.entry("₵", "GHS"),
          Map.entry("฿", "THB"),
          Map.entry("円", "JPY"),
          Map.entry("元", "CNY"),
          Map.entry("人民币", "CNY"),
          Map.entry("zł", "PLN"),
          Map.entry("Kč", "CZK"),
          Map.entry("Ft", "HUF"),
          Map.entry("лв", "BGN"),
          Map.entry("лв.", "BGN"),
          Map.entry("SFr.", "CHF"),
          Map.entry("Fr.", "CHF"));

  private static final class Names {
    static final NameIndex INDEX = new NameIndex();
    static final Set<String> CODES = new HashSet<>();

    static {
      for (Currency currency : Currency.getAvailableCurrencies()) {
        CODES.add(currency.getCurrencyCode());
        for (Locale language : NameIndex.LANGUAGES) {
          INDEX.add(currency.getDisplayName(language), currency.getCurrencyCode());
        }
      }
      for (String name : List.of("Pound Sterling", "Pfund Sterling", "Livre Sterling")) {
        INDEX.add(name, "GBP");
      }
    }

    private Names() {}
  }

  @Override
  public String apply(String text) {
    if (text.length() > MOST_LETTERS) {
      return text;
    }
    String trimmed = Spaces.trimmed(text);
    String large = trimmed.length() == 3 ? trimmed.toUpperCase(Locale.ROOT) : trimmed;
    if (Names.CODES.contains(large)) {
      return large;
    }
    String code = SIGNS.get(trimmed);
    code = code == null ? Names.INDEX.code(trimmed) : code;
    return code == null ? text : code;
  }
}
