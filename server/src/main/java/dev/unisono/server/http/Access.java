package dev.unisono.server.http;

import dev.unisono.server.operation.Caller;
import dev.unisono.server.operation.Refusal;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.UnisonoException;
import io.vertx.core.http.Cookie;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Who calls: the admin token, whose hash alone is kept (invariant 10), and the sessions of browsers
 * that were signed in by a one-time link. Safe for threads.
 */
public final class Access {
  public static final String COOKIE = "unisono_session";
  static final String TOKEN_FILE = "admin-token";

  private static final String HASH_FILE = "admin-token.sha256";
  private static final Duration LINK_LIFETIME = Duration.ofHours(24);
  public static final Duration SESSION_LIFETIME = Duration.ofHours(12);
  private static final int MOST_LINKS = 1_000;
  private static final int MOST_SESSIONS = 10_000;

  private final byte[] adminHash;
  private final InstantSource clock;
  private final SecureRandom random = new SecureRandom();

  /** Hashes of what was given out, and when it ends. */
  private final Map<String, Instant> links = new ConcurrentHashMap<>();

  private final Map<String, Instant> sessions = new ConcurrentHashMap<>();

  private Access(byte[] adminHash, InstantSource clock) {
    this.adminHash = adminHash;
    this.clock = clock;
  }

  /** Reads the hash of the admin token; at the first start makes the token and says where it is. */
  public static Access open(Path folder, InstantSource clock) {
    try {
      Path hashFile = folder.resolve(HASH_FILE);
      if (!Files.exists(hashFile)) {
        Access first = new Access(new byte[0], clock);
        String token = "uni_" + first.secret();
        writePrivate(folder.resolve(TOKEN_FILE), token + "\n");
        writePrivate(hashFile, HexFormat.of().formatHex(sha256(token)) + "\n");
        System.out.println("the admin token is in " + folder.resolve(TOKEN_FILE));
      }
      return new Access(readHash(hashFile), clock);
    } catch (IOException failed) {
      throw new UnisonoException(
          new Problem(
              "state-unusable",
              ProblemType.RESOURCES,
              "The admin token cannot be kept in " + folder + ": " + failed.getMessage() + ".",
              "state.folder",
              "Name a folder that this user may write to."),
          failed);
    }
  }

  private static byte[] readHash(Path file) throws IOException {
    try {
      byte[] hash = HexFormat.of().parseHex(Files.readString(file).strip());
      if (hash.length == 32) {
        return hash;
      }
    } catch (IllegalArgumentException notHex) {
      // Said below, like a hash that is cut off.
    }
    throw new UnisonoException(
        new Problem(
            "state-unusable",
            ProblemType.RESOURCES,
            "The file " + file + " does not hold the hash of a token.",
            "state.folder",
            "Remove it and start again: a new token is made."));
  }

  private static void writePrivate(Path file, String text) throws IOException {
    Files.deleteIfExists(file);
    Files.createFile(
        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(file, text, StandardOpenOption.WRITE);
  }

  private String secret() {
    byte[] bytes = new byte[32];
    random.nextBytes(bytes);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  private static byte[] sha256(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every Java has SHA-256", impossible);
    }
  }

  private static String hash(String text) {
    return HexFormat.of().formatHex(sha256(text));
  }

  /** A code that signs one browser in, once, within a day. */
  public String newSignInCode() {
    forgetEnded(links, MOST_LINKS);
    String code = secret();
    links.put(hash(code), clock.instant().plus(LINK_LIFETIME));
    return code;
  }

  /** Exchanges a code for a session; empty where it was used, is too old or none of ours. */
  public Optional<String> signIn(String code) {
    Instant ends = links.remove(hash(code));
    if (ends == null || clock.instant().isAfter(ends)) {
      return Optional.empty();
    }
    forgetEnded(sessions, MOST_SESSIONS);
    String session = secret();
    sessions.put(hash(session), clock.instant().plus(SESSION_LIFETIME));
    return Optional.of(session);
  }

  private void forgetEnded(Map<String, Instant> given, int most) {
    Instant now = clock.instant();
    given.values().removeIf(now::isAfter);
    if (given.size() >= most) {
      given.clear();
    }
  }

  /**
   * Who sends a request.
   *
   * @throws Refusal 401 where nobody we know does
   */
  public Caller admit(HttpServerRequest request) {
    String header = request.getHeader("Authorization");
    if (header != null) {
      return admit(header);
    }
    Cookie cookie = request.getCookie(COOKIE);
    if (cookie == null) {
      throw refusal("not-signed-in", "There is neither a token nor a session.");
    }
    if (!sameOrigin(request)) {
      throw refusal("another-origin", "A session counts only with requests of our own pages.");
    }
    Instant ends = sessions.get(hash(cookie.getValue()));
    if (ends == null || !clock.instant().isBefore(ends)) {
      throw refusal("session-ended", "The session has ended.");
    }
    return Caller.ADMIN;
  }

  /** Who has the token in an {@code Authorization} header. */
  public Caller admit(String authorization) {
    if (!authorization.regionMatches(true, 0, "Bearer ", 0, 7)
        || !MessageDigest.isEqual(sha256(authorization.substring(7).strip()), adminHash)) {
      throw refusal("wrong-token", "The token is not one of ours.");
    }
    return Caller.ADMIN;
  }

  private static Refusal refusal(String code, String message) {
    return new Refusal(
        401,
        code,
        message
            + " Send Authorization: Bearer with the token from the file "
            + TOKEN_FILE
            + " in the state folder, or open a new sign-in link.");
  }

  /** Browsers say where a request comes from, each in one of these ways. */
  private static boolean sameOrigin(HttpServerRequest request) {
    String site = request.getHeader("Sec-Fetch-Site");
    if (site != null) {
      return site.equals("same-origin") || site.equals("none");
    }
    String host = request.getHeader("Host");
    if (host == null && request.authority() != null) {
      // HTTP/2 says it in a header of its own.
      host = request.authority().toString();
    }
    String origin = request.getHeader("Origin");
    if (origin == null) {
      origin = request.getHeader("Referer");
    }
    return origin != null && host != null && hostOf(origin).equalsIgnoreCase(host);
  }

  private static String hostOf(@Nullable String address) {
    if (address == null) {
      return "";
    }
    int start = address.indexOf("://") + 3;
    int end = address.indexOf('/', start);
    return start < 3 ? "" : address.substring(start, end < 0 ? address.length() : end);
  }
}
