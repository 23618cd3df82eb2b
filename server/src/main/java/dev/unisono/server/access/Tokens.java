package dev.unisono.server.access;

import dev.unisono.server.operation.Refusal;

/** Tokens that say themselves whom they stand for, signed. Safe for threads. */
public interface Tokens {
  /** Takes none. */
  Tokens NONE =
      (_, _) -> {
        throw new Refusal(401, "wrong-token", "No signed tokens are taken here.");
      };

  /**
   * Whom a token stands for. Asked on event loops: it waits for nothing.
   *
   * @param hash the token's SHA-256
   * @throws Refusal 401 wrong-token, token-expired; 503 issuer-keys-unknown
   */
  Principal find(String token, byte[] hash);

  /** Whether something may be such a token: no other has dots. */
  static boolean hasForm(String token) {
    int first = token.indexOf('.');
    int second = token.indexOf('.', first + 1);
    return first > 0 && second > first && token.indexOf('.', second + 1) < 0;
  }
}
