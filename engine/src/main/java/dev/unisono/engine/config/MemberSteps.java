package dev.unisono.engine.config;

import dev.unisono.engine.config.Config.Direction;
import dev.unisono.engine.standardize.Step;
import dev.unisono.spi.Field;
import dev.unisono.spi.Schema;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Reads the steps that a member has of its own. Has no state. */
final class MemberSteps {
  private MemberSteps() {}

  static Map<String, List<Step>> collect(YamlMap member, Direction direction, Schema schema) {
    if (direction == Direction.WRITE && member.has("collect")) {
      member.note(
          member.keyNode("collect"),
          "collect",
          "only-for-read",
          "'collect' has a meaning only for a member that is read.",
          "Leave it out, or give it to a member that is read.");
    }
    return reader(schema).read(member, "collect");
  }

  /** What is written may be a part of a row, so that no other field can be looked at. */
  static Map<String, List<Step>> deliver(YamlMap member, Schema schema) {
    Map<String, List<Step>> steps = reader(schema).read(member, "deliver");
    steps.forEach((field, own) -> {
      if (own.stream().anyMatch(step -> step.regionField() != null)) {
        member
            .optionalMap("deliver")
            .note(
                field,
                "not-available",
                "'region-field' is not available in deliver.",
                "Write region, or take the step in the entity's standardize.");
      }
    });
    return steps;
  }

  private static StepReader reader(Schema schema) {
    Set<String> key = new HashSet<>();
    for (int part = 0; part < schema.keySize(); part++) {
      key.add(schema.field(schema.keyPosition(part)).name());
    }
    StepReader reader =
        new StepReader(schema.fields().stream().map(Field::name).collect(Collectors.toSet()), key);
    schema.fields().forEach(field -> reader.type(field.name(), field.type()));
    return reader;
  }
}
