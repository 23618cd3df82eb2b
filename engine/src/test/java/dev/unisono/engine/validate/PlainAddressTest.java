package dev.unisono.engine.validate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.networknt.schema.ExecutionContext;
import com.networknt.schema.format.EmailFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** What is told of e-mail addresses by ourselves is what the library says of them. */
final class PlainAddressTest {
  private static final String[] PARTS = {
    "a",
    "Ada",
    "b-c",
    "-",
    "x-",
    "-x",
    "o'neill",
    "a+b",
    "!#$%&*/=?^_`{|}~",
    ".",
    ".",
    ".",
    "@",
    "@",
    "com",
    "de",
    "COM",
    "museum",
    "xn--p1ai",
    "arpa",
    "localhost",
    "notatop",
    "1",
    "123",
    " ",
    "\t",
    "\n",
    "\"",
    "\"a b\"",
    "\\",
    "(",
    ")",
    "[",
    "]",
    "[127.0.0.1]",
    "[IPv6:::1]",
    ",",
    ";",
    ":",
    "<",
    ">",
    "\u00e4",
    "\u3002",
    "\u007f",
    "\u00a0",
    "\ud83d\ude00"
  };

  private final EmailFormat judge = new EmailFormat();
  private final TextFormat ours = TextFormat.of("email").orElseThrow();

  private boolean judged(String text) {
    return judge.matches(new ExecutionContext(), text);
  }

  @Test
  void addressesAsMostAreAreToldWithoutTheLibrary() {
    for (String text :
        List.of(
            "ada@example.com",
            "ada.lovelace+news@mail.example.co.uk",
            "o'neill@a-b.example.org",
            "x@1.de",
            "a".repeat(64) + "@" + "b".repeat(63) + ".com")) {
      assertTrue(PlainAddress.is(text), text);
      assertTrue(judged(text), text);
    }
  }

  @Test
  void atEachLimitTheVerdictIsTheLibrarys() {
    List<String> texts = new ArrayList<>(List.of("", "@", "a@", "@b.com", "a@b", "a@b@c.com"));
    for (int length = 60; length <= 68; length++) {
      texts.add("a".repeat(length) + "@example.com");
      texts.add("a.".repeat(length / 2) + "a@example.com");
      texts.add("a@" + "b".repeat(length) + ".com");
      texts.add("a@b." + "c".repeat(length));
    }
    for (int length = 245; length <= 260; length++) {
      String labels = "b".repeat(49) + ".";
      texts.add("a@" + labels.repeat(4) + "c".repeat(length - 204) + ".com");
    }
    for (String text : texts) {
      assertEquals(judged(text), ours.holds(text), text);
      assertFalse(PlainAddress.is(text) && !judged(text), text);
    }
  }

  @Property(tries = 20_000)
  void theVerdictIsTheLibrarysOfAnyText(@ForAll Random random) {
    StringBuilder text = new StringBuilder();
    boolean likely = random.nextBoolean();
    if (likely) {
      text.append("ada");
    }
    for (int i = random.nextInt(7); i > 0; i--) {
      text.append(PARTS[random.nextInt(PARTS.length)]);
    }
    if (likely) {
      text.append("@example");
      for (int i = random.nextInt(4); i > 0; i--) {
        text.append(PARTS[random.nextInt(PARTS.length)]);
      }
      text.append(random.nextBoolean() ? ".com" : "");
    }
    String address = text.toString();
    assertEquals(judged(address), ours.holds(address), address);
  }
}
