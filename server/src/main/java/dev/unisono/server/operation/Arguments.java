package dev.unisono.server.operation;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.entity.EntityJson;
import dev.unisono.spi.Key;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Reads what callers say in words of their own: keys, numbers, yes and no. Has no state. */
public final class Arguments {
  private Arguments() {}

  /** A record's key as a parameter has it: its parts joined by commas; null where there is none. */
  public static @Nullable Key key(@Nullable Entity entity, @Nullable String text) {
    if (text == null) {
      return null;
    }
    if (entity == null) {
      throw new Refusal(400, "bad-parameter", "A key is one of an entity: name that, too.", "key");
    }
    try {
      return EntityJson.parseKey(
          entity, entity.schema().keySize() == 1 ? new String[] {text} : text.split(",", -1));
    } catch (EntityJson.UnfitValue unfit) {
      throw new Refusal(400, "bad-key", String.valueOf(unfit.getMessage()), "key");
    }
  }

  /** A whole number as a parameter, or a part of the path, has it. */
  public static long number(
      @Nullable String text, String name, long least, long most, long otherwise) {
    if (text == null) {
      return otherwise;
    }
    try {
      long number = Long.parseLong(text);
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException notWhole) {
      // Said below, like a number out of range.
    }
    throw new Refusal(
        400,
        "bad-parameter",
        name
            + " is a whole number from "
            + least
            + (most == Long.MAX_VALUE ? "." : " to " + most + "."),
        name);
  }

  /** True or false as a parameter has it; false where there is none. */
  public static boolean flag(@Nullable String text, String name) {
    if (text != null && !text.equals("true") && !text.equals("false")) {
      throw new Refusal(400, "bad-parameter", name + " is true or false.", name);
    }
    return text != null && text.equals("true");
  }

  /** A record's key as it stands in paths: its parts joined by commas, each percent-encoded. */
  public static String path(Key key) {
    StringBuilder path = new StringBuilder();
    for (int part = 0; part < key.size(); part++) {
      path.append(part == 0 ? "" : ",")
          .append(
              URLEncoder.encode(EntityJson.text(key.part(part)), StandardCharsets.UTF_8)
                  .replace("+", "%20"));
    }
    return path.toString();
  }
}
