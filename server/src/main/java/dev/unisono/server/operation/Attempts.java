package dev.unisono.server.operation;

import dev.unisono.spi.UnisonoException;

/** Does again what met a change of an entity's fields, by those of now. Has no state. */
public final class Attempts {
  private static final int MOST = 3;

  private Attempts() {}

  /** Something that may block. */
  public interface Attempt {
    void run() throws InterruptedException;
  }

  public static void run(Attempt attempt) throws InterruptedException {
    for (int count = 1; ; count++) {
      try {
        attempt.run();
        return;
      } catch (UnisonoException failed) {
        if (count == MOST || !again(failed)) {
          throw failed;
        }
      } catch (Error fault) {
        // Too deep, or too much for the memory that there was: whoever asked is to hear of it, and
        // would wait for ever if the thread just ended.
        throw new IllegalStateException("it could not be done: " + fault, fault);
      }
    }
  }

  /** Whether something has met such a change. */
  public static boolean again(RuntimeException failed) {
    return failed instanceof UnisonoException known
        && known.problem().code().equals("entities-changed");
  }
}
