package dev.unisono.mariadb;

import dev.unisono.spi.UnisonoException;
import java.util.List;
import org.apache.kafka.connect.source.SourceRecord;

/** What comes to the thread that runs a source. Immutable. */
sealed interface Incoming {
  /** What was read of the log, in its order. */
  record Records(List<SourceRecord> records) implements Incoming {}

  /** What shall take its place in the log. */
  record Marked(Mark mark) implements Incoming {}

  /** Somebody cannot go on, and so nobody can. */
  record Ended(UnisonoException failure) implements Incoming {}

  /** The source was closed. */
  record Closed() implements Incoming {}
}
