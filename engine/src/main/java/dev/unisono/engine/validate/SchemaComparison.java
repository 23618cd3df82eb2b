package dev.unisono.engine.validate;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Tells what of an entity's key and schema is another than before, and whether it breaks something.
 * What it cannot judge it calls breaking. Has no state.
 */
public final class SchemaComparison {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).build();

  /** What only describes. */
  private static final Set<String> WORDS =
      Set.of(
          "$comment",
          "$id",
          "$schema",
          "default",
          "deprecated",
          "description",
          "examples",
          "readOnly",
          "title",
          "writeOnly");

  private static final Set<String> AT_LEAST =
      Set.of(
          "exclusiveMinimum", "minContains", "minItems", "minLength", "minProperties", "minimum");

  private static final Set<String> AT_MOST =
      Set.of(
          "exclusiveMaximum", "maxContains", "maxItems", "maxLength", "maxProperties", "maximum");

  private final List<SchemaChange> changes = new ArrayList<>();

  private SchemaComparison() {}

  /**
   * What has changed from one document to another, each {@code {"key": […], "schema": {…}}}; in the
   * order of their paths.
   */
  public static List<SchemaChange> compare(String before, String after) {
    SchemaComparison comparison = new SchemaComparison();
    JsonNode old = JSON.readTree(before);
    JsonNode now = JSON.readTree(after);
    if (!old.path("key").equals(now.path("key"))) {
      comparison.breaks(
          "key",
          "The key is "
              + now.path("key")
              + " and was "
              + old.path("key")
              + ": records are others.");
    }
    comparison.schema("schema", old.path("schema"), now.path("schema"));
    return comparison.changes.stream().sorted(Comparator.comparing(SchemaChange::path)).toList();
  }

  /** True where two documents say the same. */
  public static boolean same(String before, String after) {
    return JSON.readTree(before).equals(JSON.readTree(after));
  }

  private void schema(String path, JsonNode before, JsonNode after) {
    if (before.equals(after)) {
      return;
    }
    if (!before.isObject() || !after.isObject()) {
      // True takes everything, and false nothing.
      boolean takesAll = after.isBoolean() && after.booleanValue();
      add(path, !takesAll, "It is " + after + " and was " + before + ".");
      return;
    }
    Set<String> keywords = new LinkedHashSet<>(before.propertyNames());
    keywords.addAll(after.propertyNames());
    keywords.removeAll(WORDS);
    for (String keyword : keywords) {
      JsonNode old = before.path(keyword);
      JsonNode now = after.path(keyword);
      if (!old.equals(now)) {
        keyword(path, keyword, old, now, after);
      }
    }
  }

  private void keyword(String path, String keyword, JsonNode old, JsonNode now, JsonNode whole) {
    String at = path + "." + keyword;
    switch (keyword) {
      case "properties" -> properties(at, old, now, whole);
      case "items" -> {
        if (old.isMissingNode() || now.isMissingNode()) {
          limit(at, keyword, old, now);
        } else {
          schema(at, old, now);
        }
      }
      case "required" -> required(at, old, now);
      case "type" -> type(at, old, now);
      case "enum" -> words(at, old, now);
      case "$defs" -> definitions(at, old, now);
      default -> {
        if (AT_LEAST.contains(keyword)) {
          bound(at, keyword, old, now, 1);
        } else if (AT_MOST.contains(keyword)) {
          bound(at, keyword, old, now, -1);
        } else {
          limit(at, keyword, old, now);
        }
      }
    }
  }

  private void properties(String path, JsonNode old, JsonNode now, JsonNode whole) {
    Set<String> needed = texts(whole.path("required"));
    for (String field : old.propertyNames()) {
      if (now.has(field)) {
        schema(path + "." + field, old.path(field), now.path(field));
      } else {
        breaks(path + "." + field, "The field '" + field + "' is gone: who reads it misses it.");
      }
    }
    for (String field : now.propertyNames()) {
      if (!old.has(field)) {
        add(
            path + "." + field,
            needed.contains(field),
            "The field '"
                + field
                + "' is new"
                + (needed.contains(field)
                    ? " and must have a value: rows without one are refused."
                    : "."));
      }
    }
  }

  private void definitions(String path, JsonNode old, JsonNode now) {
    for (String name : old.propertyNames()) {
      if (now.has(name)) {
        schema(path + "." + name, old.path(name), now.path(name));
      }
    }
  }

  private void required(String path, JsonNode old, JsonNode now) {
    Set<String> before = texts(old);
    Set<String> after = texts(now);
    for (String field : after) {
      if (!before.contains(field)) {
        breaks(path, "'" + field + "' must have a value now: rows without one are refused.");
      }
    }
    for (String field : before) {
      if (!after.contains(field)) {
        breaks(path, "'" + field + "' may have no value now: who reads it must expect that.");
      }
    }
  }

  private void type(String path, JsonNode old, JsonNode now) {
    Set<String> before = texts(old);
    Set<String> after = texts(now);
    if (before.equals(after)) {
      return;
    }
    Set<String> taken = new HashSet<>(after);
    if (taken.contains("number")) {
      taken.add("integer");
    }
    boolean wider = now.isMissingNode() || (!old.isMissingNode() && taken.containsAll(before));
    add(
        path,
        !wider || !before.containsAll(after),
        "The type is "
            + said(now)
            + " and was "
            + said(old)
            + ": values that pass today "
            + (wider ? "pass, and who reads them must expect others." : "may be refused."));
  }

  private void words(String path, JsonNode old, JsonNode now) {
    if (old.isMissingNode() || now.isMissingNode()) {
      limit(path, "enum", old, now);
      return;
    }
    List<String> gone = new ArrayList<>();
    List<String> come = new ArrayList<>();
    old.values().stream().filter(one -> !holds(now, one)).forEach(one -> gone.add(one.toString()));
    now.values().stream().filter(one -> !holds(old, one)).forEach(one -> come.add(one.toString()));
    if (!gone.isEmpty()) {
      breaks(path, String.join(", ", gone) + " is not allowed any more.");
    }
    if (!come.isEmpty()) {
      add(path, false, String.join(", ", come) + " is allowed now.");
    }
  }

  private static boolean holds(JsonNode list, JsonNode one) {
    return list.values().stream().anyMatch(one::equals);
  }

  /**
   * A number that a value is compared with.
   *
   * @param narrows 1 where more of it allows less, -1 where less of it does
   */
  private void bound(String path, String keyword, JsonNode old, JsonNode now, int narrows) {
    if (old.isNumber() && now.isNumber()) {
      BigDecimal was = old.decimalValue();
      BigDecimal is = now.decimalValue();
      int change = is.compareTo(was);
      if (change != 0) {
        changed(path, keyword, old, now, Integer.signum(change) == narrows);
      }
      return;
    }
    limit(path, keyword, old, now);
  }

  /** Anything that refuses values: there or not, or another one. */
  private void limit(String path, String keyword, JsonNode old, JsonNode now) {
    changed(path, keyword, old, now, !now.isMissingNode());
  }

  private void changed(String path, String keyword, JsonNode old, JsonNode now, boolean breaking) {
    add(
        path,
        breaking,
        keyword
            + " is "
            + said(now)
            + " and was "
            + said(old)
            + (breaking
                ? ": values that pass today may be refused."
                : ": all that passes today passes."));
  }

  private static String said(JsonNode node) {
    String text = node.isMissingNode() ? "nothing" : node.toString();
    return text.length() <= 60 ? text : text.substring(0, 57) + "…";
  }

  private static Set<String> texts(JsonNode node) {
    Set<String> texts = new LinkedHashSet<>();
    if (node.isString()) {
      texts.add(node.stringValue());
    }
    node.values().forEach(each -> texts.add(each.isString() ? each.stringValue() : "" + each));
    return texts;
  }

  private void breaks(String path, String message) {
    add(path, true, message);
  }

  private void add(String path, boolean breaking, String message) {
    changes.add(new SchemaChange(path, breaking, message));
  }
}
