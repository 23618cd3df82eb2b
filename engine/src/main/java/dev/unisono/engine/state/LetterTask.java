package dev.unisono.engine.state;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What a person wants done with dead letters: done by the writer in a transaction of its own, with
 * the journal entries that come of it. Waiting for it is safe for threads.
 */
abstract class LetterTask {
  private final CountDownLatch done = new CountDownLatch(1);

  /** Takes a change up as if its source had shown it now. */
  interface Taking {
    /**
     * Why it is refused once more; null where it is taken up.
     *
     * @param letThrough whether a person has let it through though something is to be looked at
     */
    @Nullable DeadLetter take(String system, CleanChange change, boolean letThrough)
        throws SQLException;
  }

  /** May be called again from its beginning, where what it did could not be committed. */
  abstract void run(Connection connection, LetterWriter letters, Taking taking) throws SQLException;

  /** What it did is committed. */
  final void durable() {
    done.countDown();
  }

  /** Waits until it is durable; false when the time is over. */
  final boolean await(Duration atMost) throws InterruptedException {
    return done.await(atMost.toNanos(), TimeUnit.NANOSECONDS);
  }
}
