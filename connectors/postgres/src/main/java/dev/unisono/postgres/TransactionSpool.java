package dev.unisono.postgres;

import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.UnisonoException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The messages of transactions that are still going on, kept until each ends: in memory up to a
 * budget, beyond it in files. Nothing of it outlives a run, since the server sends such a
 * transaction again from its start; so the folder is emptied at both ends. For one thread.
 */
final class TransactionSpool implements AutoCloseable {
  /** What all transactions together hold in memory (invariant 7). */
  private static final int MOST_HELD_BYTES = 16 << 20;

  /** What one holds before it goes to its file. */
  private static final int MOST_BUFFER_BYTES = 1 << 20;

  private static final int FIRST_BUFFER_BYTES = 4 << 10;
  private static final int REPLAY_BYTES = 256 << 10;

  /** Before each message: the transaction or sub-transaction it belongs to, and its length. */
  private static final int HEADER_BYTES = 8;

  private static final String SUFFIX = ".messages";

  /** Takes messages in the order in which they came. */
  interface Messages {
    void take(ByteBuffer message) throws InterruptedException;
  }

  private final String system;
  private final Path folder;
  private final long mostFileBytes;
  private final Map<Integer, Transaction> transactions = new HashMap<>();
  private long heldBytes;
  private long fileBytes;

  TransactionSpool(String system, Path folder, long mostFileBytes) {
    this.system = system;
    this.folder = folder;
    this.mostFileBytes = mostFileBytes;
    clear();
  }

  /** One transaction that is going on. */
  private static final class Transaction {
    private final int number;
    private byte[] buffer = {};
    private int filled;
    private @Nullable FileChannel file;
    private long fileBytes;

    /** Sub-transactions that were rolled back: four bytes each, where the server keeps hundreds. */
    private int[] aborted = {};

    private int abortedCount;

    Transaction(int number) {
      this.number = number;
    }

    void abort(int subtransaction) {
      if (abortedCount == aborted.length) {
        aborted = Arrays.copyOf(aborted, Math.max(8, abortedCount * 2));
      }
      aborted[abortedCount++] = subtransaction;
    }
  }

  /**
   * Keeps a message.
   *
   * @param transaction the one on the top
   * @param owner the sub-transaction that did it, or the one on the top
   * @param rest what follows its kind
   */
  void add(int transaction, int owner, byte kind, ByteBuffer rest) throws InterruptedException {
    Transaction to = transactions.computeIfAbsent(transaction, Transaction::new);
    int length = 1 + rest.remaining();
    try {
      if (length > MOST_BUFFER_BYTES - HEADER_BYTES) {
        spill(to);
        ByteBuffer head = ByteBuffer.allocate(HEADER_BYTES + 1);
        write(to, head.putInt(owner).putInt(length).put(kind).flip());
        write(to, rest);
        return;
      }
      makeRoom(to, HEADER_BYTES + length);
    } catch (IOException failed) {
      throw failure(failed);
    }
    ByteBuffer out = ByteBuffer.wrap(to.buffer, to.filled, to.buffer.length - to.filled);
    out.putInt(owner).putInt(length).put(kind).put(rest);
    to.filled = out.position();
  }

  private void makeRoom(Transaction to, int bytes) throws IOException {
    if (to.filled + bytes > MOST_BUFFER_BYTES) {
      spill(to);
    }
    int needed = to.filled + bytes;
    if (needed <= to.buffer.length) {
      return;
    }
    int size = Math.max(FIRST_BUFFER_BYTES, to.buffer.length);
    while (size < needed) {
      size *= 2;
    }
    while (heldBytes + size - to.buffer.length > MOST_HELD_BYTES) {
      Transaction largest = to;
      for (Transaction each : transactions.values()) {
        largest = each.buffer.length > largest.buffer.length ? each : largest;
      }
      spill(largest);
      release(largest);
    }
    heldBytes += size - to.buffer.length;
    to.buffer = Arrays.copyOf(to.buffer, size);
  }

  private void spill(Transaction transaction) throws IOException {
    if (transaction.filled > 0) {
      write(transaction, ByteBuffer.wrap(transaction.buffer, 0, transaction.filled));
      transaction.filled = 0;
    }
  }

  private void release(Transaction transaction) {
    heldBytes -= transaction.buffer.length;
    transaction.buffer = new byte[0];
  }

  private void write(Transaction transaction, ByteBuffer bytes) throws IOException {
    if (fileBytes + bytes.remaining() > mostFileBytes) {
      throw new UnisonoException(
          new Problem(
              "spool-full",
              ProblemType.RESOURCES,
              "Transactions in progress in "
                  + system
                  + " have changed more than the "
                  + (mostFileBytes >> 20)
                  + " MiB that may be kept until they end.",
              "systems." + system + ".spool",
              "Raise spool, end the transaction, or set streaming: off; then the server keeps"
                  + " such changes on its own disk."));
    }
    FileChannel file = transaction.file;
    if (file == null) {
      Files.createDirectories(folder);
      file =
          FileChannel.open(
              path(transaction),
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE);
      transaction.file = file;
    }
    while (bytes.hasRemaining()) {
      int written = file.write(bytes);
      transaction.fileBytes += written;
      fileBytes += written;
    }
  }

  /** A part of a transaction was rolled back: its messages are not replayed. */
  void abort(int transaction, int subtransaction) {
    Transaction of = transactions.get(transaction);
    if (of != null) {
      of.abort(subtransaction);
    }
  }

  /** Forgets a transaction. */
  void drop(int transaction) {
    Transaction dropped = transactions.remove(transaction);
    if (dropped == null) {
      return;
    }
    release(dropped);
    fileBytes -= dropped.fileBytes;
    close(dropped);
  }

  /** Gives a transaction's messages, without those that were rolled back, and forgets it. */
  void replay(int transaction, Messages to) throws InterruptedException {
    Transaction of = transactions.get(transaction);
    if (of == null) {
      return;
    }
    Replay replay = new Replay(of, to);
    try {
      FileChannel file = of.file;
      if (file != null) {
        replay.file(file.position(0));
      }
    } catch (IOException failed) {
      throw failure(failed);
    }
    replay.records(ByteBuffer.wrap(of.buffer, 0, of.filled));
    drop(transaction);
  }

  /** Goes through the messages of one transaction. */
  private static final class Replay {
    private final Messages to;
    private final int[] aborted;
    private int lastOwner;
    private boolean lastAborted;

    Replay(Transaction transaction, Messages to) {
      this.to = to;
      this.aborted = Arrays.copyOf(transaction.aborted, transaction.abortedCount);
      Arrays.sort(aborted);
      this.lastOwner = transaction.number;
    }

    void file(FileChannel file) throws IOException, InterruptedException {
      ByteBuffer bytes = ByteBuffer.allocate(REPLAY_BYTES);
      while (file.read(bytes) >= 0) {
        int wanted = records(bytes.flip());
        if (wanted > bytes.capacity()) {
          bytes = ByteBuffer.allocate(wanted).put(bytes);
        } else if (wanted < REPLAY_BYTES && bytes.capacity() > REPLAY_BYTES) {
          bytes = ByteBuffer.allocate(REPLAY_BYTES).put(bytes);
        } else {
          bytes.compact();
        }
      }
    }

    /** Gives all whole messages, and returns how many bytes the next one takes. */
    int records(ByteBuffer bytes) throws InterruptedException {
      while (bytes.remaining() >= HEADER_BYTES) {
        int start = bytes.position();
        int owner = bytes.getInt(start);
        int length = bytes.getInt(start + 4);
        if (bytes.remaining() < HEADER_BYTES + length) {
          return HEADER_BYTES + length;
        }
        bytes.position(start + HEADER_BYTES + length);
        if (!aborted(owner)) {
          to.take(bytes.slice(start + HEADER_BYTES, length));
        }
      }
      return HEADER_BYTES;
    }

    private boolean aborted(int owner) {
      if (owner != lastOwner) {
        lastOwner = owner;
        lastAborted = Arrays.binarySearch(aborted, owner) >= 0;
      }
      return lastAborted;
    }
  }

  private UnisonoException failure(IOException failed) throws InterruptedException {
    if (failed instanceof ClosedByInterruptException) {
      throw new InterruptedException();
    }
    return new UnisonoException(
        new Problem(
            "spool-failed",
            ProblemType.RESOURCES,
            "Changes of a transaction in progress in "
                + system
                + " cannot be kept: "
                + failed.getMessage()
                + ".",
            "state.folder",
            "Look at the disk of " + folder + ": is it full, read-only or damaged?"),
        failed);
  }

  @Override
  public void close() {
    transactions.values().forEach(this::close);
    transactions.clear();
    clear();
  }

  private Path path(Transaction transaction) {
    return folder.resolve(Integer.toUnsignedString(transaction.number) + SUFFIX);
  }

  private void close(Transaction transaction) {
    try {
      FileChannel file = transaction.file;
      if (file != null) {
        file.close();
        Files.deleteIfExists(path(transaction));
      }
    } catch (IOException harmless) {
      // The file is removed when reading begins.
    }
  }

  /** Removes what this run, or one that was killed, has left. */
  private void clear() {
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (DirectoryStream<Path> left = Files.newDirectoryStream(folder, "*" + SUFFIX)) {
      for (Path file : left) {
        Files.deleteIfExists(file);
      }
      Files.deleteIfExists(folder);
    } catch (IOException harmless) {
      // What cannot be removed is overwritten; where not even that goes, writing will tell.
    }
  }
}
