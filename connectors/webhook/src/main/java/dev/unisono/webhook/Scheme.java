package dev.unisono.webhook;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/** How a sender signs what it sends: by HMAC-SHA256, each in a way of its own. Has no state. */
enum Scheme {
  /** Standard Webhooks 1.0, symmetric signatures. */
  STANDARD("standard", "header:webhook-id") {
    @Override
    void check(
        Map<String, String> headers, byte[] body, List<String> secrets, Tolerance tolerance) {
      String id = header(headers, "webhook-id");
      String time = header(headers, "webhook-timestamp");
      tolerance.check(time);
      List<byte[]> given = new ArrayList<>();
      for (String signature : header(headers, "webhook-signature").split(" ", -1)) {
        if (signature.startsWith("v1,")) {
          given.add(base64(signature.substring(3)));
        }
      }
      compare(given, secrets, body, id + "." + time + ".");
    }

    @Override
    byte[] key(String secret) {
      String text = secret.startsWith(WHSEC) ? secret.substring(WHSEC.length()) : secret;
      return Base64.getDecoder().decode(text);
    }
  },
  /** {@code X-Hub-Signature-256}, as GitHub and others have it. */
  GITHUB("github", "header:x-github-delivery") {
    @Override
    void check(
        Map<String, String> headers, byte[] body, List<String> secrets, Tolerance tolerance) {
      String given = header(headers, "x-hub-signature-256");
      if (!given.startsWith("sha256=")) {
        throw Problems.badSignature("X-Hub-Signature-256 does not begin with sha256=");
      }
      compare(List.of(hex(given.substring("sha256=".length()))), secrets, body, "");
    }
  },
  /** {@code Stripe-Signature}. */
  STRIPE("stripe", "/id") {
    @Override
    void check(
        Map<String, String> headers, byte[] body, List<String> secrets, Tolerance tolerance) {
      String time = "";
      List<byte[]> given = new ArrayList<>();
      for (String part : header(headers, "stripe-signature").split(",", -1)) {
        String stripped = part.strip();
        if (stripped.startsWith("t=")) {
          time = stripped.substring(2);
        } else if (stripped.startsWith("v1=")) {
          given.add(hex(stripped.substring(3)));
        }
      }
      tolerance.check(time);
      compare(given, secrets, body, time + ".");
    }
  },
  /** {@code X-Shopify-Hmac-Sha256}. */
  SHOPIFY("shopify", "header:x-shopify-webhook-id") {
    @Override
    void check(
        Map<String, String> headers, byte[] body, List<String> secrets, Tolerance tolerance) {
      compare(List.of(base64(header(headers, "x-shopify-hmac-sha256"))), secrets, body, "");
    }
  },
  /** Nobody signs: whoever reaches the path is believed. */
  NONE("none", null) {
    @Override
    void check(
        Map<String, String> headers, byte[] body, List<String> secrets, Tolerance tolerance) {
      // Asked for in so many words.
    }
  };

  /** How old, or how far in the future, a time may be that is signed. */
  record Tolerance(Instant now, Duration most) {
    void check(String seconds) {
      long at;
      try {
        at = Long.parseLong(seconds);
      } catch (NumberFormatException none) {
        throw Problems.badSignature("it has no time");
      }
      // Compared as numbers: no time is so far off that this fails.
      if (at < now.minus(most).getEpochSecond() || at > now.plus(most).getEpochSecond()) {
        throw Problems.badSignature("its time is more than " + most.toSeconds() + " s off");
      }
    }
  }

  static final String WHSEC = "whsec_";
  private static final String ALGORITHM = "HmacSHA256";

  private final String word;
  private final @Nullable String id;

  Scheme(String word, @Nullable String id) {
    this.word = word;
    this.id = id;
  }

  static Scheme of(String word) {
    for (Scheme scheme : values()) {
      if (scheme.word.equals(word)) {
        return scheme;
      }
    }
    throw new IllegalArgumentException("no scheme: " + word);
  }

  /** Where deliveries of that kind have their id, unless the config says; null where nowhere. */
  @Nullable String id() {
    return id;
  }

  /**
   * Checks that a delivery was signed by one of the secrets.
   *
   * @throws dev.unisono.spi.UnisonoException bad-signature
   */
  abstract void check(
      Map<String, String> headers, byte[] body, List<String> secrets, Tolerance tolerance);

  /**
   * The key that a secret stands for.
   *
   * @throws IllegalArgumentException where it is none of that kind
   */
  byte[] key(String secret) {
    return secret.getBytes(StandardCharsets.UTF_8);
  }

  private static String header(Map<String, String> headers, String name) {
    String value = headers.get(name);
    if (value == null) {
      throw Problems.badSignature("it has no header " + name);
    }
    return value;
  }

  private static byte[] base64(String text) {
    try {
      return Base64.getDecoder().decode(text);
    } catch (IllegalArgumentException none) {
      return new byte[0];
    }
  }

  private static byte[] hex(String text) {
    try {
      return HexFormat.of().parseHex(text);
    } catch (IllegalArgumentException none) {
      return new byte[0];
    }
  }

  /** In a time that tells nothing of how much is right. */
  void compare(List<byte[]> given, List<String> secrets, byte[] body, String before) {
    boolean right = false;
    for (String secret : secrets) {
      byte[] expected = code(key(secret), before, body);
      for (byte[] each : given) {
        right |= MessageDigest.isEqual(expected, each);
      }
    }
    if (!right) {
      throw Problems.badSignature("no signature is by a secret of ours");
    }
  }

  private static byte[] code(byte[] key, String before, byte[] body) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(new SecretKeySpec(key, ALGORITHM));
      mac.update(before.getBytes(StandardCharsets.UTF_8));
      return mac.doFinal(body);
    } catch (GeneralSecurityException impossible) {
      throw new IllegalStateException("every JDK has HMAC-SHA256", impossible);
    }
  }
}
