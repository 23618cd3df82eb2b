package dev.unisono.engine.assess;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Writes a suggested entity as a config has it, or its schema as JSON. Has no state. */
public final class EntityText {
  private EntityText() {}

  /**
   * What stands under the entity's name in a config.
   *
   * @param indent blanks before each line
   */
  public static String yaml(SuggestedEntity entity, int indent) {
    String margin = " ".repeat(indent);
    StringBuilder out = new StringBuilder();
    if (!entity.plural().equals(entity.name() + "s")) {
      out.append(margin).append("plural: ").append(Written.yaml(entity.plural())).append('\n');
    }
    out.append(margin);
    if (entity.key().isEmpty()) {
      out.append("key: [] # no field tells all rows apart: name the fields that do together\n");
    } else {
      out.append("key: ").append(names(entity.key()));
      out.append(entity.keyGuessed() ? " # a guess by the sample" : "").append('\n');
    }
    out.append(margin).append("schema:\n").append(margin).append("  properties:\n");
    for (SuggestedField field : entity.fields()) {
      out.append(margin).append("    ").append(Written.yaml(field.name())).append(": ");
      out.append(flow(field)).append('\n');
    }
    List<String> required = required(entity);
    if (!required.isEmpty()) {
      out.append(margin).append("  required: ").append(list(required)).append('\n');
    }
    standardize(entity, margin, out);
    for (SuggestedEntity.Match match : entity.matches()) {
      out.append(margin).append("# match: [ { exact: ").append(list(match.fields()));
      out.append(" } ] # where systems have keys of their own: ").append(match.reason());
      out.append('\n');
    }
    for (String column : entity.leftOut()) {
      out.append(margin).append("# left out: ").append(oneLine(column)).append('\n');
    }
    return out.toString();
  }

  private static void standardize(SuggestedEntity entity, String margin, StringBuilder out) {
    List<SuggestedField> fields =
        entity.fields().stream().filter(field -> !field.steps().isEmpty()).toList();
    if (fields.isEmpty()) {
      return;
    }
    out.append(margin).append("standardize:\n");
    for (SuggestedField field : fields) {
      out.append(margin).append("  ").append(Written.yaml(field.name())).append(": [");
      out.append(
          field.steps().stream()
              .map(step -> step.contains(":") ? "{ " + step + " }" : step)
              .collect(Collectors.joining(", ")));
      out.append("]\n");
    }
  }

  private static List<String> required(SuggestedEntity entity) {
    return entity.fields().stream()
        .filter(SuggestedField::required)
        .map(SuggestedField::name)
        .toList();
  }

  private static String flow(SuggestedField field) {
    List<String> words = new ArrayList<>();
    field.schema().forEach((word, value) -> words.add(word + ": " + Written.yamlOfJson(value)));
    return "{ " + String.join(", ", words) + " }";
  }

  private static String names(List<String> names) {
    return names.size() == 1 ? Written.yaml(names.getFirst()) : list(names);
  }

  private static String list(List<String> names) {
    return names.stream().map(Written::yaml).collect(Collectors.joining(", ", "[", "]"));
  }

  /** A comment ends with its line. */
  static String oneLine(String text) {
    return text.replaceAll("\\p{Cntrl}+", " ");
  }

  /** The schema as a document of its own, as {@code schema: { file: … }} takes it. */
  public static String jsonSchema(SuggestedEntity entity) {
    StringBuilder out = new StringBuilder("{\n");
    out.append("  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n");
    out.append("  \"title\": ").append(Written.quoted(entity.name())).append(",\n");
    out.append("  \"type\": \"object\",\n  \"properties\": {\n");
    out.append(
        entity.fields().stream()
            .map(field -> {
              List<String> words = new ArrayList<>();
              field
                  .schema()
                  .forEach((word, value) -> words.add(Written.quoted(word) + ": " + value));
              return "    "
                  + Written.quoted(field.name())
                  + ": { "
                  + String.join(", ", words)
                  + " }";
            })
            .collect(Collectors.joining(",\n")));
    out.append("\n  },\n  \"required\": [");
    out.append(required(entity).stream().map(Written::quoted).collect(Collectors.joining(", ")));
    return out.append("]\n}\n").toString();
  }
}
