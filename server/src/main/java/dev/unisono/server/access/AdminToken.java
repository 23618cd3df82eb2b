package dev.unisono.server.access;

import dev.unisono.engine.access.AccessPolicy;
import dev.unisono.engine.access.Subject;
import dev.unisono.server.operation.Caller;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.UnisonoException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The first token, by which all others are made: in a file of the state folder for its user alone,
 * of which only the hash is needed. Immutable.
 */
final class AdminToken {
  static final String FILE = "admin-token";

  private static final String HASH_FILE = "admin-token.sha256";
  private static final int MARK_BYTES = 8;

  private final byte[] hash;
  private final Principal principal;

  private AdminToken(byte[] hash) {
    this.hash = hash;
    this.principal =
        new Principal(
            new Subject(AccessPolicy.ADMIN, new TreeSet<>(Set.of(AccessPolicy.ADMIN)), Map.of()),
            AccessPolicy.ADMIN + "/" + mark(hash),
            Caller.STANDARD,
            null,
            null,
            this::principal);
  }

  /** Reads the hash; at the first start makes the token and says where it is. */
  static AdminToken open(Path folder) {
    try {
      Path hashFile = folder.resolve(HASH_FILE);
      if (!Files.exists(hashFile)) {
        String token = ApiKeys.PREFIX + Secrets.next();
        PrivateFiles.write(folder.resolve(FILE), token + "\n");
        PrivateFiles.write(hashFile, HexFormat.of().formatHex(Secrets.sha256(token)) + "\n");
        System.out.println("the admin token is in " + folder.resolve(FILE));
      }
      return new AdminToken(readHash(hashFile));
    } catch (IOException failed) {
      throw PrivateFiles.failure("The admin token", folder, failed);
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

  /** Names a token among those that there were; tells nothing of it. */
  private static String mark(byte[] hash) {
    return HexFormat.of().formatHex(Secrets.sha256(HexFormat.of().formatHex(hash)), 0, MARK_BYTES);
  }

  Optional<Principal> principal() {
    return Optional.of(principal);
  }

  Optional<Principal> find(byte[] shown) {
    return Secrets.same(shown, hash) ? principal() : Optional.empty();
  }
}
