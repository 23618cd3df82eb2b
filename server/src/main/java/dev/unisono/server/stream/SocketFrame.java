package dev.unisono.server.stream;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.unisono.engine.access.Action;
import dev.unisono.engine.entity.EntityJson;
import dev.unisono.server.feed.StreamView;
import dev.unisono.server.http.Idempotency;
import dev.unisono.server.operation.Refusal;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a client says by one frame of a WebSocket. */
sealed interface SocketFrame {
  /** A name that the client gives to what it asks for has no more characters. */
  int LONGEST_NAME = 100;

  /** The member that names a write for good. */
  String IDEMPOTENCY_KEY = "idempotencyKey";

  record Ping(String number) implements SocketFrame {}

  /** Who it is, from now on. */
  record Token(String token) implements SocketFrame {
    @Override
    public String toString() {
      return "Token";
    }
  }

  /**
   * Follows changes.
   *
   * @param window so many bytes may be sent that are not acknowledged; 0 for any number
   */
  record Subscribe(
      String name,
      @Nullable String entity,
      @Nullable String after,
      boolean snapshot,
      @Nullable String filter,
      @Nullable String payload,
      @Nullable String format,
      boolean conflate,
      @Nullable String consumer,
      long window)
      implements SocketFrame {}

  record Unsubscribe(String name) implements SocketFrame {}

  /** Everything up to a cursor is done with. */
  record Acknowledge(String name, String cursor) implements SocketFrame {}

  /**
   * A write.
   *
   * @param key as JSON; null where a record is made
   * @param record as JSON; null where one is deleted
   * @param ifVersion null where any version will do
   * @param idempotencyKey by which it is done once, however often it comes; null where none is
   *     given
   */
  record Write(
      String name,
      Action action,
      String entity,
      @Nullable String key,
      @Nullable String record,
      @Nullable Long ifVersion,
      @Nullable String idempotencyKey)
      implements SocketFrame {}

  /** The members that say what a frame is for; each has the name of what is asked for. */
  Map<String, Set<String>> VERBS =
      Map.of(
          "ping", Set.of(),
          "token", Set.of(),
          "subscribe",
              Set.of(
                  "entity",
                  "after",
                  "snapshot",
                  StreamView.FILTER,
                  StreamView.PAYLOAD,
                  StreamView.FORMAT,
                  StreamView.CONFLATE,
                  "consumer",
                  "window"),
          "unsubscribe", Set.of(),
          "ack", Set.of("cursor"),
          "create", Set.of("entity", "record", IDEMPOTENCY_KEY),
          "replace", Set.of("entity", "key", "record", "ifVersion", IDEMPOTENCY_KEY),
          "update", Set.of("entity", "key", "record", "ifVersion", IDEMPOTENCY_KEY),
          "delete", Set.of("entity", "key", "ifVersion", IDEMPOTENCY_KEY));

  /**
   * Reads a frame.
   *
   * @throws Refusal 400 bad-frame
   */
  static SocketFrame parse(String text) throws IOException {
    Members members = Members.parse(text);
    String verb = members.verb();
    return switch (verb) {
      case "ping" -> new Ping(String.valueOf(members.number(verb)));
      case "token" -> new Token(Objects.requireNonNull(members.text(verb)));
      case "unsubscribe" -> new Unsubscribe(members.name(verb));
      case "ack" -> new Acknowledge(members.name(verb), members.needed("cursor"));
      case "create" -> members.write(verb, Action.CREATE);
      case "replace" -> members.write(verb, Action.REPLACE);
      case "update" -> members.write(verb, Action.CHANGE);
      case "delete" -> members.write(verb, Action.DELETE);
      default -> {
        Long window = members.number("window");
        if (window != null && (window < 1 || window > Integer.MAX_VALUE)) {
          throw bad("window is a number of bytes, from 1 to 2147483647.");
        }
        yield new Subscribe(
            members.name(verb),
            members.text("entity"),
            members.text("after"),
            members.flag("snapshot"),
            members.text(StreamView.FILTER),
            members.text(StreamView.PAYLOAD),
            members.text(StreamView.FORMAT),
            members.flag(StreamView.CONFLATE),
            members.text("consumer"),
            window == null ? 0 : window);
      }
    };
  }

  private static Refusal bad(String detail) {
    return new Refusal(400, "bad-frame", detail);
  }

  /** The members of a frame by name, each with its token and its text as it stands there. */
  final class Members {
    private record Member(JsonToken token, String text) {}

    private final Map<String, Member> members = new HashMap<>();

    private Members() {}

    static Members parse(String text) throws IOException {
      if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
        throw bad("A frame has half a character.");
      }
      Members read = new Members();
      try (JsonParser json = EntityJson.FACTORY.createParser(text)) {
        if (json.nextToken() != JsonToken.START_OBJECT) {
          throw bad("A frame is a JSON object.");
        }
        while (json.nextToken() == JsonToken.FIELD_NAME) {
          String name = json.currentName();
          JsonToken token = json.nextToken();
          String value;
          if (token.isStructStart()) {
            int start = (int) json.currentTokenLocation().getCharOffset();
            json.skipChildren();
            value = text.substring(start, (int) json.currentLocation().getCharOffset());
          } else {
            value = json.getText();
          }
          if (!StandardCharsets.UTF_8.newEncoder().canEncode(value)) {
            throw bad("'" + name + "' has half a character.");
          }
          if (read.members.put(name, new Member(token, value)) != null) {
            throw bad("A member stands twice in a frame.");
          }
        }
        if (json.currentToken() != JsonToken.END_OBJECT || json.nextToken() != null) {
          throw bad("A frame is one JSON object.");
        }
      }
      return read;
    }

    /** The one member that says what it is for. */
    String verb() {
      String verb = null;
      for (String name : members.keySet()) {
        if (VERBS.containsKey(name)) {
          if (verb != null) {
            throw oneVerb();
          }
          verb = name;
        }
      }
      if (verb == null) {
        throw oneVerb();
      }
      for (String name : members.keySet()) {
        if (!name.equals(verb) && !Objects.requireNonNull(VERBS.get(verb)).contains(name)) {
          throw bad("unknown member in a frame");
        }
      }
      return verb;
    }

    private static Refusal oneVerb() {
      return bad(
          "A frame has one of subscribe, unsubscribe, ack, create, replace, update, delete, token,"
              + " ping.");
    }

    @Nullable String text(String name) {
      Member member = members.get(name);
      if (member == null) {
        return null;
      }
      if (member.token() != JsonToken.VALUE_STRING) {
        throw bad(name + " is a string.");
      }
      return member.text();
    }

    String needed(String name) {
      String text = text(name);
      if (text == null) {
        throw bad(name + " is missing.");
      }
      return text;
    }

    String name(String verb) {
      String name = needed(verb);
      if (name.isEmpty() || name.length() > LONGEST_NAME) {
        throw bad("The name of what is asked for has 1 to " + LONGEST_NAME + " characters.");
      }
      return name;
    }

    boolean flag(String name) {
      Member member = members.get(name);
      if (member == null) {
        return false;
      }
      if (!member.token().isBoolean()) {
        throw bad(name + " is true or false.");
      }
      return member.token() == JsonToken.VALUE_TRUE;
    }

    @Nullable Long number(String name) {
      Member member = members.get(name);
      if (member == null) {
        return null;
      }
      if (member.token() == JsonToken.VALUE_NUMBER_INT) {
        try {
          return Long.valueOf(member.text());
        } catch (NumberFormatException tooLarge) {
          // Said below, like what is no number.
        }
      }
      throw bad(name + " is a whole number of at most 64 bits.");
    }

    private @Nullable String object(String name, boolean wanted) {
      Member member = members.get(name);
      if (member == null) {
        if (wanted) {
          throw bad(name + " is missing.");
        }
        return null;
      }
      if (member.token() != JsonToken.START_OBJECT) {
        throw bad(name + " is an object.");
      }
      return member.text();
    }

    SocketFrame write(String verb, Action action) {
      String once = text(IDEMPOTENCY_KEY);
      if (once != null && !Idempotency.names(once)) {
        throw bad(IDEMPOTENCY_KEY + " has 1 to 255 visible characters of ASCII.");
      }
      return new Write(
          name(verb),
          action,
          needed("entity"),
          object("key", action != Action.CREATE),
          object("record", action != Action.DELETE),
          number("ifVersion"),
          once);
    }
  }
}
