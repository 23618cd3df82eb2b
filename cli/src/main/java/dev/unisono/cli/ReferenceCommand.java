package dev.unisono.cli;

import dev.unisono.engine.config.ConfigKeys;
import dev.unisono.engine.config.ConfigKeys.ConfigKey;
import dev.unisono.engine.config.SchemaKeys;
import dev.unisono.engine.standardize.StepKind;
import dev.unisono.spi.Connector;
import dev.unisono.spi.Option;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** The command {@code reference}: writes the config's reference page from its declarations. */
@Command(
    name = "reference",
    mixinStandardHelpOptions = true,
    description = "Writes the config's reference page.")
final class ReferenceCommand implements Callable<Integer> {
  @Parameters(paramLabel = "FILE", description = "where to write it")
  private Path file = Path.of("docs/reference/config.md");

  @Override
  public Integer call() throws IOException {
    Files.writeString(file, text(ServiceLoader.load(Connector.class)));
    return 0;
  }

  static String text(Iterable<Connector> connectors) {
    StringBuilder page =
        new StringBuilder(
            """
            # The config

            One YAML file. This page is written by `./unisono reference docs/reference/config.md` from what the
            reader and the connectors declare; `./unisono schema` prints the same as JSON Schema for editors.
            A key that is not built yet is refused with `not-available`; nothing is accepted and ignored.
            Secrets come by `${env:NAME}` or `${file:PATH}` alone.
            """);
    section(page, "server", ConfigKeys.SERVER);
    section(page, "server.tls", ConfigKeys.TLS);
    section(page, "server.graphql", ConfigKeys.GRAPHQL);
    section(page, "state", ConfigKeys.STATE);
    section(page, "webhooks", ConfigKeys.WEBHOOKS);
    section(page, "access", ConfigKeys.ACCESS);
    section(page, "access.roles.NAME", ConfigKeys.ROLE);
    section(page, "access.roles.NAME.grants[]", ConfigKeys.GRANT);
    section(page, "access.rules[]", ConfigKeys.ACCESS_RULE);
    section(page, "access.tests[]", ConfigKeys.ACCESS_TEST);
    section(page, "access.tests[].caller", ConfigKeys.ACCESS_CALLER);
    section(page, "limits", ConfigKeys.LIMITS);
    section(page, "limits.store", ConfigKeys.LIMIT_STORE);
    section(page, "limits.rules[]", ConfigKeys.LIMIT_RULE);
    section(page, "limits.rules[].for", ConfigKeys.LIMIT_SCOPE);
    section(page, "access.oauth", ConfigKeys.OAUTH);
    section(page, "access.issuers[]", ConfigKeys.ISSUER);
    section(page, "systems.NAME", ConfigKeys.SYSTEM);
    section(page, "systems.NAME.expose", ConfigKeys.EXPOSE);
    byKind(connectors).forEach(connector -> connector(page, connector));
    section(page, "entities.NAME", ConfigKeys.ENTITY);
    section(page, "entities.NAME.cache-control", ConfigKeys.CACHE_CONTROL);
    section(page, "entities.NAME.schema", SchemaKeys.ENTITY);
    section(page, "entities.NAME.schema.properties.FIELD", SchemaKeys.FIELD);
    section(page, "entities.NAME.rules[]", ConfigKeys.RULE);
    section(page, "entities.NAME.unique[]", ConfigKeys.UNIQUE);
    section(page, "entities.NAME.references[]", ConfigKeys.REFERENCE);
    section(page, "entities.NAME.relations[]", ConfigKeys.RELATION);
    section(page, "entities.NAME.match[]", ConfigKeys.MATCH);
    section(page, "entities.NAME.match[].fuzzy", ConfigKeys.FUZZY);
    section(page, "entities.NAME.match[].fuzzy.block[]", ConfigKeys.BLOCK);
    section(page, "entities.NAME.match[].fuzzy.compare[]", ConfigKeys.COMPARE);
    steps(page);
    section(page, "syncs.NAME", ConfigKeys.SYNC);
    section(page, "syncs.NAME.conflict", ConfigKeys.CONFLICT);
    section(page, "syncs.NAME.conflict.fields.NAME", ConfigKeys.FIELD_CONFLICT);
    section(page, "syncs.NAME.members[]", ConfigKeys.MEMBER);
    section(page, "syncs.NAME.members[].fields.FIELD", ConfigKeys.CONVERTED_FIELD);
    section(
        page,
        "syncs.NAME.members[].fields.FIELD.convert",
        Stream.concat(ConfigKeys.CONVERSIONS.stream(), ConfigKeys.CONVERSION_OPTIONS.stream())
            .toList());
    return page.toString();
  }

  /** In an order of their own, whichever way they were found. */
  static List<Connector> byKind(Iterable<Connector> connectors) {
    List<Connector> ordered = new ArrayList<>();
    connectors.forEach(ordered::add);
    ordered.sort(Comparator.comparing(Connector::kind));
    return ordered;
  }

  /** Those of standardize, and of collect and deliver of a member. */
  private static void steps(StringBuilder page) {
    page.append("\n## `entities.NAME.standardize.FIELD[]`\n\n");
    page.append("A step by its name, or with its options: `{ phone: { region: DE } }`.\n\n");
    page.append("| Step, or its option | Type | Default | What it is |\n|---|---|---|---|\n");
    for (StepKind kind : StepKind.values()) {
      row(page, kind.word(), "", "", kind.description());
      for (ConfigKey option : kind.options()) {
        row(page, kind.word() + "." + option.name(), option.type(), "", option.description());
      }
    }
    ConfigKey own = StepKind.EXPRESSION;
    row(page, own.name(), own.type(), "", own.description());
  }

  private static void section(StringBuilder page, String name, List<ConfigKey> keys) {
    page.append("\n## `").append(name).append("`\n\n");
    page.append("| Key | Type | Default | What it is |\n|---|---|---|---|\n");
    for (ConfigKey key : keys) {
      String value = key.defaultValue();
      row(
          page,
          key.name(),
          key.type().isEmpty() ? "any" : key.type(),
          key.required() ? "required" : value == null ? "" : "`" + value + "`",
          (key.available() ? "" : "*Not available yet.* ") + key.description());
    }
  }

  private static void row(
      StringBuilder page, String name, String type, String value, String description) {
    page.append("| `")
        .append(name)
        .append("` | ")
        .append(type)
        .append(" | ")
        .append(value)
        .append(" | ")
        .append(description)
        .append(" |\n");
  }

  private static void connector(StringBuilder page, Connector connector) {
    page.append("\n### `connector: ").append(connector.kind()).append("`\n\n");
    page.append(connector.description()).append("\n\n");
    page.append("| Key | Type | Default | What it is |\n|---|---|---|---|\n");
    for (Option option : connector.options()) {
      String type =
          switch (option.type()) {
            case TEXT -> "text";
            case INTEGER -> "integer";
            case BOOLEAN -> "boolean";
            case DURATION -> "length of time";
            case BYTES -> "amount of bytes";
          };
      String value = option.defaultValue();
      row(
          page,
          option.name(),
          option.secret() ? "secret" : type,
          option.required() ? "required" : value == null ? "" : "`" + value + "`",
          option.description());
    }
  }
}
