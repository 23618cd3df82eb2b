package dev.unisono.engine.assess;

import java.util.List;
import java.util.Locale;

/** What a field is called where it holds something well known, in a few languages. */
enum FieldName {
  POSTAL_CODE("zip", "postal", "postcode", "plz", "codepostal", "postleitzahl", "cap"),
  PHONE("phone", "tel", "mobile", "mobil", "fax", "handy", "telefon"),
  FIRST_NAME("firstname", "givenname", "vorname", "forename", "prenom"),
  LAST_NAME("lastname", "surname", "familyname", "nachname", "familienname"),
  NAME("name", "fullname", "customername", "displayname", "company", "firma"),
  COUNTRY("country", "land", "nation", "pays", "pais", "staat");

  /** Words as short as these are found only as the whole name. */
  private static final int SHORT = 4;

  @SuppressWarnings("ImmutableEnumChecker") // It is a List.of.
  private final List<String> words;

  FieldName(String... words) {
    this.words = List.of(words);
  }

  /** True where a field of this name is likely to hold it. */
  boolean in(String field) {
    String plain = field.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
    for (String word : words) {
      boolean whole = word.length() <= SHORT;
      if (whole ? plain.equals(word) || parts(field).contains(word) : plain.contains(word)) {
        return true;
      }
    }
    return false;
  }

  /** {@code home_tel} and {@code homeTel} have two. */
  private List<String> parts(String field) {
    if (this == NAME) {
      return List.of(); // The name of what, nobody knows.
    }
    return List.of(
        field
            .replaceAll("([a-z])([A-Z])", "$1_$2")
            .toLowerCase(Locale.ROOT)
            .split("[^a-z0-9]+", -1));
  }
}
