package dev.unisono.engine.access;

import dev.unisono.spi.ValueType;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/** What is shown in the place of a value. From what tells most to what tells least. */
public enum Mask {
  /** The value itself. */
  NONE,
  /** Its last four characters, and never more than half of them; a star for each other. */
  PARTIAL,
  /** The same text for the same value, and nothing to be learned of it but that. */
  HASH,
  /** No value. */
  NULL,
  /** The field is left out. */
  HIDDEN;

  private static final int SHOWN = 4;

  /** Bytes of the digest that are shown: no two values of a system meet in so many. */
  private static final int HASH_BYTES = 16;

  /** One that a config may name. */
  public static Optional<Mask> named(String text) {
    for (Mask mask : new Mask[] {PARTIAL, HASH, NULL}) {
      if (mask.name().toLowerCase(Locale.ROOT).equals(text)) {
        return Optional.of(mask);
      }
    }
    return Optional.empty();
  }

  /** Whether what it shows is of a field's type, so that every door can say it. */
  public boolean fits(ValueType type) {
    return type == ValueType.STRING || (this != PARTIAL && this != HASH);
  }

  /**
   * What is shown of a text.
   *
   * @param secret keeps whoever knows the values from finding out their hashes
   */
  @Nullable Object of(@Nullable Object value, MaskKey secret) {
    if (!(value instanceof String text)) {
      return null;
    }
    return switch (this) {
      case NONE -> text;
      case PARTIAL -> partial(text);
      case HASH -> hash(text, secret);
      case NULL, HIDDEN -> null;
    };
  }

  private static String partial(String text) {
    int[] characters = text.codePoints().toArray();
    int shown = Math.min(SHOWN, characters.length / 2);
    int from = characters.length - shown;
    return "*".repeat(from) + new String(characters, from, shown);
  }

  private static String hash(String text, MaskKey secret) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(secret.bytes(), "HmacSHA256"));
      byte[] digest = mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, HASH_BYTES);
    } catch (GeneralSecurityException impossible) {
      throw new IllegalStateException("every Java has HmacSHA256", impossible);
    }
  }
}
