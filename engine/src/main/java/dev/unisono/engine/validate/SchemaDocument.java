package dev.unisono.engine.validate;

import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaException;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SchemaRegistryConfig;
import com.networknt.schema.SpecificationVersion;
import com.networknt.schema.path.NodePath;
import com.networknt.schema.path.PathType;
import java.util.List;
import java.util.regex.PatternSyntaxException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * A JSON Schema 2020-12 whose parts are asked by a library, where they say more than what is
 * compiled. Nothing is fetched: references lead into the document alone. Safe for threads once it
 * is made.
 */
public final class SchemaDocument {
  private static final String META = "https://json-schema.org/draft/2020-12/schema";

  private final Schema root;

  /** A text that is no JSON Schema; its message says why. */
  public static final class NoSchema extends Exception {
    private static final long serialVersionUID = 1L;

    NoSchema(String message) {
      super(message);
    }
  }

  private SchemaDocument(Schema root) {
    this.root = root;
  }

  /** Reads a schema and resolves its references. */
  public static SchemaDocument of(String json) throws NoSchema {
    SchemaRegistryConfig config =
        SchemaRegistryConfig.builder()
            .formatAssertionsEnabled(true)
            .regularExpressionFactory(TextPattern::compile)
            .pathType(PathType.JSON_POINTER)
            .build();
    SchemaRegistry registry =
        SchemaRegistry.withDefaultDialect(
            SpecificationVersion.DRAFT_2020_12, builder -> builder.schemaRegistryConfig(config));
    try {
      List<Error> wrong =
          registry.getSchema(SchemaLocation.of(META)).validate(json, InputFormat.JSON);
      if (!wrong.isEmpty()) {
        Error first = wrong.getFirst();
        throw new NoSchema(first.getInstanceLocation() + ": " + first.getMessage());
      }
      Schema root = registry.getSchema(json, InputFormat.JSON);
      root.initializeValidators();
      return new SchemaDocument(root);
    } catch (SchemaException | PatternSyntaxException unusable) {
      throw new NoSchema(String.valueOf(unusable.getMessage()));
    } catch (JacksonException beyond) {
      // A bound such as 1e99, which the library takes for a whole number.
      throw new NoSchema("A number in it is out of range: " + beyond.getOriginalMessage());
    }
  }

  /** A part of it, by the names that lead there. */
  Part part(String... names) throws NoSchema {
    NodePath path = new NodePath(PathType.JSON_POINTER);
    for (String name : names) {
      path = path.append(name);
    }
    try {
      Schema part = root.getSubSchema(path);
      part.initializeValidators();
      return new Part(part);
    } catch (SchemaException | PatternSyntaxException unusable) {
      throw new NoSchema(String.valueOf(unusable.getMessage()));
    }
  }

  /** A schema in the document. Safe for threads. */
  record Part(Schema schema) {
    List<Error> errors(JsonNode value) {
      return schema.validate(value);
    }
  }
}
