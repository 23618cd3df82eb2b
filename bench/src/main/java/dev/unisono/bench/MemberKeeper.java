package dev.unisono.bench;

import java.sql.SQLException;
import java.time.Duration;

/** What keeps some databases in unison while they are edited; a process. For one thread. */
interface MemberKeeper extends AutoCloseable {
  /** Returns once an edit of any member will be seen. */
  void awaitReady(Duration atMost) throws SQLException, InterruptedException;

  long processId();

  @Override
  void close();
}
