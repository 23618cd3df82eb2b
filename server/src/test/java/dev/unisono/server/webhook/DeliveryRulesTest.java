package dev.unisono.server.webhook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.config.AddressRange;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Which addresses are written to, when something is tried again, and how it is signed. */
final class DeliveryRulesTest {
  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");

  @Test
  void onlyAddressesOfTheInternetArePermittedUnlessTheyAreNamed() {
    for (String address :
        List.of(
            "127.0.0.1",
            "127.255.0.9",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:192.168.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001::1",
            "2001:db8::1")) {
      assertFalse(AddressRule.permits(InetAddress.ofLiteral(address), List.of()), address);
    }
    for (String address :
        List.of("1.1.1.1", "172.32.0.1", "192.169.0.1", "2606:4700::1111", "2a00:1450::1")) {
      assertTrue(AddressRule.permits(InetAddress.ofLiteral(address), List.of()), address);
    }
    List<AddressRange> named = List.of(AddressRange.parse("10.1.0.0/20").orElseThrow());
    assertTrue(AddressRule.permits(InetAddress.ofLiteral("10.1.15.255"), named));
    assertTrue(AddressRule.permits(InetAddress.ofLiteral("::ffff:10.1.15.255"), named));
    assertFalse(AddressRule.permits(InetAddress.ofLiteral("10.1.16.0"), named));
  }

  @Test
  void rangesAreReadAndNamesAreNot() {
    assertEquals("10.0.0.0/8", AddressRange.parse("10.0.0.0/8").orElseThrow().toString());
    for (String text : List.of("", "localhost", "10.0.0.0/33", "10.0.0.0/-1", "::1/x", "/8")) {
      assertTrue(AddressRange.parse(text).isEmpty(), text);
    }
  }

  @Test
  void pausesGrowAndAreJitteredAndWhatTheEndpointAsksForIsTheLeast() {
    Backoff backoff = new Backoff(new Random(1));
    long longest = 0;
    for (int failures = 1; failures < 100; failures++) {
      Duration pause = backoff.pause(failures, null);
      assertTrue(
          pause.toMillis() <= Math.min(Backoff.LONGEST_MILLIS, 500L << Math.min(failures - 1, 20)));
      longest = Math.max(longest, pause.toMillis());
    }
    assertTrue(longest > Backoff.LONGEST_MILLIS / 2);
    assertTrue(backoff.pause(1, Duration.ofMinutes(3)).compareTo(Duration.ofMinutes(3)) >= 0);
  }

  @Test
  void retryAfterIsSecondsOrATime() {
    assertEquals(Duration.ofSeconds(7), Sender.retryAfter("7", NOW));
    assertEquals(Duration.ofSeconds(60), Sender.retryAfter("Fri, 02 Jan 2026 03:05:05 GMT", NOW));
    assertEquals(Duration.ofDays(1), Sender.retryAfter("999999999", NOW));
    for (String none : List.of("soon", "-1", "", "Fri, 02 Jan 2026 03:03:05 GMT", "9".repeat(40))) {
      assertNull(Sender.retryAfter(none, NOW), none);
    }
    assertNull(Sender.retryAfter(null, NOW));
  }

  @Test
  void aSecretTellsNothingByItsTextFormAndSignsEachMessageOtherwise() {
    WebhookSecret secret = WebhookSecret.random(new SecureRandom());
    assertFalse(secret.toString().contains("whsec_"));
    byte[] body = "{}".getBytes(StandardCharsets.UTF_8);
    String signature = secret.sign("msg_1", NOW, body);
    assertTrue(signature.startsWith("v1,"));
    assertEquals(signature, secret.sign("msg_1", NOW.plusMillis(9), body));
    assertNotEquals(signature, secret.sign("msg_2", NOW, body));
    assertNotEquals(signature, secret.sign("msg_1", NOW.plusSeconds(1), body));
    assertNotEquals(signature, WebhookSecret.random(new SecureRandom()).sign("msg_1", NOW, body));
  }
}
