package dev.unisono.spi;

import java.time.Duration;
import java.util.Map;

/** Takes what a system brings by itself, by HTTP. Safe for threads. */
public interface Receiver {
  /**
   * Takes a delivery, and returns once what it brings is durable in the journal, or kept as a dead
   * letter (invariant 1). Blocks.
   *
   * @param headers by their names in lower case; of several of one name the first
   * @param body as it came, which is what is signed
   * @return false where the same delivery was taken before, so that nothing was done
   * @throws UnisonoException bad-signature; bad-delivery (it cannot be read); unmapped-delivery
   *     (nothing takes what it brings); not-receiving, receive-timeout (it may be sent again)
   */
  boolean receive(Map<String, String> headers, byte[] body, Duration atMost)
      throws InterruptedException;
}
