package dev.unisono.postgres;

import java.nio.ByteBuffer;

/**
 * Sorts the messages of protocol version 2 and later: those of ordinary transactions go on at once,
 * those of transactions that the server streams while they are going on wait in a spool, and go on
 * as one transaction when that commits. For one thread.
 */
final class LogStreams {
  private final LogMessages messages;
  private final LogReader reader;
  private final TransactionSpool spool;
  private final Runnable signOfLife;

  /** Whether a part of a transaction is being streamed, and of which. */
  private boolean streaming;

  private int streamed;

  /**
   * @param signOfLife called again and again while a transaction goes on that takes long, and
   *     nothing is received
   */
  LogStreams(LogMessages messages, LogReader reader, TransactionSpool spool, Runnable signOfLife) {
    this.messages = messages;
    this.reader = reader;
    this.spool = spool;
    this.signOfLife = signOfLife;
  }

  void take(ByteBuffer in) throws InterruptedException {
    byte kind = in.get(in.position());
    switch (kind) {
      case 'S' -> start(in);
      case 'E' -> streaming = false;
      case 'c' -> commit(in);
      case 'A' -> abort(in);
      default -> {
        if (streaming) {
          keep(kind, in);
        } else {
          messages.take(in);
        }
      }
    }
  }

  private void start(ByteBuffer in) throws InterruptedException {
    in.get();
    streamed = in.getInt();
    streaming = true;
    // What has committed must not wait behind a flood that fills no batch.
    reader.flush();
  }

  private void keep(byte kind, ByteBuffer in) throws InterruptedException {
    if (kind == 'O') {
      return; // Tells where it was written first, and no sub-transaction.
    }
    in.get();
    spool.add(streamed, in.getInt(), kind, in);
  }

  private void commit(ByteBuffer in) throws InterruptedException {
    in.get();
    int transaction = in.getInt();
    in.get();
    long commit = in.getLong();
    long end = in.getLong();
    long micros = in.getLong();
    reader.beginTransaction(commit, micros, transaction);
    spool.replay(
        transaction,
        message -> {
          messages.take(message);
          signOfLife.run();
        });
    reader.endTransaction(end);
  }

  private void abort(ByteBuffer in) {
    in.get();
    int transaction = in.getInt();
    int aborted = in.getInt();
    if (aborted == transaction) {
      spool.drop(transaction);
    } else {
      spool.abort(transaction, aborted);
    }
  }
}
