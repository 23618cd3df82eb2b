package dev.unisono.csv;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Key;
import dev.unisono.spi.KeyPage;
import dev.unisono.spi.Lane;
import dev.unisono.spi.LaneCursor;
import dev.unisono.spi.Target;
import dev.unisono.spi.UnisonoException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Writes the files of one folder, by one lane: a file can be replaced by one only. Safe for
 * threads.
 */
final class CsvTarget implements Target {
  private final CsvFolder folder;
  private final List<Binding> bindings;
  private final LaneFile kept;

  CsvTarget(CsvFolder folder, List<Binding> bindings, String installation) {
    this.folder = folder;
    this.bindings = bindings;
    this.kept = new LaneFile(folder, installation);
  }

  @Override
  public int lanes() {
    return 1;
  }

  @Override
  public Lane open(int lane) {
    if (!Files.isDirectory(folder.folder())) {
      throw new UnisonoException(folder.noFolder());
    }
    for (Binding binding : bindings) {
      if (folder.stamp(binding).isEmpty()) {
        if (!binding.policy().createTable()) {
          throw new UnisonoException(folder.noFile(binding));
        }
        folder.replace(folder.file(binding), CsvContent.empty(binding).print());
      }
    }
    return new CsvLane(folder, kept);
  }

  @Override
  public void beginRepair(LaneCursor cursor) {
    kept.beginRepair(cursor);
  }

  @Override
  public Optional<LaneCursor> repairing() {
    return kept.repairing();
  }

  @Override
  public void endRepair() {
    kept.endRepair();
  }

  /** In the order of the keys' texts: a page begins behind a text, whatever was written since. */
  @Override
  public KeyPage keys(Binding binding, @Nullable String after, int limit) {
    TreeMap<String, Key> sorted = new TreeMap<>();
    for (Key key : CsvContent.parse(binding, folder.read(binding)).keys()) {
      sorted.put(text(key), key);
    }
    Map<String, Key> left = after == null ? sorted : sorted.tailMap(after, false);
    List<String> page = left.keySet().stream().limit(limit).toList();
    return new KeyPage(
        page.stream().map(left::get).toList(), page.size() < left.size() ? page.getLast() : null);
  }

  private static String text(Key key) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < key.size(); i++) {
      String part = CsvValue.write(key.part(i));
      // The length before it keeps parts apart, whatever is in them.
      text.append(part.length()).append(':').append(part);
    }
    return text.toString();
  }

  @Override
  public void close() {
    // A lane is closed by whoever opened it.
  }
}
