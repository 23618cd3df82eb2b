package dev.unisono.csv;

import dev.unisono.spi.LaneCursor;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The file beside those of a target in which its one lane's cursor is kept, and the note of a
 * repair. Holds nothing; safe for threads as far as one of them writes.
 */
final class LaneFile {
  private final CsvFolder folder;
  private final Path file;

  /** What is in the file. Immutable. */
  private record Kept(@Nullable LaneCursor cursor, @Nullable LaneCursor repairing) {}

  /**
   * @param installation tells data folders of servers apart, whose cursors mean nothing to others
   */
  LaneFile(CsvFolder folder, String installation) {
    this.folder = folder;
    String name = URLEncoder.encode(folder.system() + "-" + installation, StandardCharsets.UTF_8);
    this.file = folder.folder().resolve(".unisono-" + name);
  }

  Optional<LaneCursor> cursor() {
    return Optional.ofNullable(kept().cursor());
  }

  Optional<LaneCursor> repairing() {
    return Optional.ofNullable(kept().repairing());
  }

  /** Moves the cursor; the note stays. */
  void move(LaneCursor cursor) {
    write(new Kept(cursor, kept().repairing()));
  }

  /** Sets cursor and note at once. */
  void beginRepair(LaneCursor cursor) {
    write(new Kept(cursor, cursor));
  }

  void endRepair() {
    write(new Kept(kept().cursor(), null));
  }

  private Kept kept() {
    try {
      String[] lines = Files.readString(file).split("\n", -1);
      return new Kept(cursor(lines[0]), cursor(lines[1]));
    } catch (NoSuchFileException none) {
      return new Kept(null, null);
    } catch (IOException failed) {
      throw folder.failure("reading " + file.getFileName(), failed);
    }
  }

  private void write(Kept kept) {
    String text = text(kept.cursor()) + "\n" + text(kept.repairing()) + "\n";
    folder.replace(file, text.getBytes(StandardCharsets.UTF_8));
  }

  private static String text(@Nullable LaneCursor cursor) {
    return cursor == null ? "" : cursor.epoch() + " " + cursor.sequence();
  }

  private static @Nullable LaneCursor cursor(String text) {
    if (text.isEmpty()) {
      return null;
    }
    int blank = text.indexOf(' ');
    return new LaneCursor(
        Long.parseLong(text.substring(0, blank)), Long.parseLong(text.substring(blank + 1)));
  }
}
