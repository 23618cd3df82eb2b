package dev.unisono.engine.validate;

/** Where in a row a value stands: a field and the path to it. Immutable. */
public record Place(String field, String path) {
  public Place(String field) {
    this(field, field);
  }

  Place element(int index) {
    return new Place(field, path + "[" + index + "]");
  }
}
