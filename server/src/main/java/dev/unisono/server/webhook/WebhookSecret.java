package dev.unisono.server.webhook;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * What an endpoint knows our messages by: Standard Webhooks 1.0, symmetric signatures. Its text
 * form tells nothing (invariant 10). Immutable.
 *
 * @param text {@code whsec_} and the key in base64
 */
record WebhookSecret(String text) {
  private static final String PREFIX = "whsec_";
  private static final int KEY_BYTES = 32;

  static WebhookSecret random(SecureRandom random) {
    byte[] key = new byte[KEY_BYTES];
    random.nextBytes(key);
    return new WebhookSecret(PREFIX + Base64.getEncoder().encodeToString(key));
  }

  /** One signature of a message: its version, a comma, and the code in base64. */
  String sign(String id, Instant at, byte[] body) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(
          new SecretKeySpec(
              Base64.getDecoder().decode(text.substring(PREFIX.length())), mac.getAlgorithm()));
      mac.update((id + "." + at.getEpochSecond() + ".").getBytes(StandardCharsets.UTF_8));
      return "v1," + Base64.getEncoder().encodeToString(mac.doFinal(body));
    } catch (GeneralSecurityException impossible) {
      throw new IllegalStateException("every JDK has HMAC-SHA256", impossible);
    }
  }

  @Override
  public String toString() {
    return "WebhookSecret";
  }
}
