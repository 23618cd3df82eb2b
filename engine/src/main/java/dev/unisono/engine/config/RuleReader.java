package dev.unisono.engine.config;

import dev.unisono.engine.Nearest;
import dev.unisono.engine.expression.RowCondition;
import dev.unisono.engine.expression.UnfitExpression;
import dev.unisono.engine.validate.Finding;
import dev.unisono.engine.validate.RowCheck;
import dev.unisono.engine.validate.Rule;
import dev.unisono.engine.validate.Severity;
import dev.unisono.spi.Field;
import dev.unisono.spi.Schema;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Reads the rules of an entity. Has no state. */
final class RuleReader {
  private static final Pattern CODE = Pattern.compile("(?=.{1,63}$)[a-z][a-z0-9]*(-[a-z0-9]+)*");

  private RuleReader() {}

  /**
   * What is asked of a row as a whole.
   *
   * @param bySchema what is asked before the rules
   */
  static List<RowCheck> read(YamlMap entity, Schema schema, List<RowCheck> bySchema) {
    List<RowCheck> checks = new ArrayList<>(bySchema);
    Set<String> codes = new HashSet<>();
    for (YamlMap rule : entity.maps("rules")) {
      rule.check(ConfigKeys.RULE);
      String code = rule.text("code", "");
      if (!code.isEmpty()) {
        checkCode(rule, code, codes);
      }
      String message = rule.text("message", "The rule " + code + " does not hold.");
      Severity severity = severity(rule);
      String check = rule.text("check");
      if (check == null) {
        continue;
      }
      try {
        checks.add(new Rule(code, RowCondition.compile(check, schema.fields()), message, severity));
      } catch (UnfitExpression unfit) {
        rule.note(
            "check",
            "bad-expression",
            "This is no condition over the fields of '"
                + schema.name()
                + "': "
                + unfit.getMessage()
                + ".",
            "Write one in CEL that is true or false, such as: this.balance >= 0.0. Fields: "
                + schema.fields().stream().map(Field::name).collect(Collectors.joining(", "))
                + ".");
      }
    }
    return List.copyOf(checks);
  }

  private static void checkCode(YamlMap rule, String code, Set<String> codes) {
    if (!CODE.matcher(code).matches()) {
      rule.note(
          "code",
          "wrong-value",
          "'" + code + "' is no code of a rule.",
          "Use lower-case letters and digits with hyphens between, a letter first, 63 at most.");
    } else if (Finding.CODES.contains(code)) {
      rule.note(
          "code", "wrong-value", "'" + code + "' has a meaning of its own.", "Choose another.");
    } else if (!codes.add(code)) {
      rule.note(
          "code", "named-twice", "Another rule has the code '" + code + "'.", "Choose another.");
    }
  }

  /** For some fields what becomes of a record in which one is not as the schema says. */
  static Map<String, Severity> severities(YamlMap entity, Set<String> known) {
    Map<String, Severity> severities = new HashMap<>();
    YamlMap map = entity.optionalMap("severity");
    for (String field : entity.isNull("severity") ? List.<String>of() : map.names()) {
      if (!known.contains(field)) {
        map.note(
            field,
            "unknown-field",
            "There is no field '" + field + "'" + Nearest.question(field, known),
            "Name a field of the schema.");
      }
      severities.put(field, severity(map, field));
    }
    return severities;
  }

  static Severity severity(YamlMap rule) {
    return severity(rule, "severity");
  }

  private static Severity severity(YamlMap rule, String key) {
    String severity = rule.text(key, "reject");
    if (!ConfigKeys.SEVERITIES.contains(severity)) {
      rule.note(
          key,
          "wrong-value",
          "There is no '" + severity + "' here" + Nearest.question(severity, ConfigKeys.SEVERITIES),
          "Use one of " + String.join(", ", ConfigKeys.SEVERITIES) + ".");
      return Severity.REJECT;
    }
    return Severity.valueOf(severity.toUpperCase(Locale.ROOT));
  }
}
