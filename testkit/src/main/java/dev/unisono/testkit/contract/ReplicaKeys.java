package dev.unisono.testkit.contract;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Key;
import dev.unisono.spi.KnownKeys;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The keys that a consumer named {@code replica} holds, page by page, once a test lets it answer.
 * Safe for threads as far as what gives the keys is.
 */
public final class ReplicaKeys implements KnownKeys {
  private final Supplier<List<Key>> keys;
  private final boolean deletesExtra;
  private final AtomicReference<@Nullable String> notYet = new AtomicReference<>();

  public ReplicaKeys(Supplier<List<Key>> keys, boolean deletesExtra) {
    this.keys = keys;
    this.deletesExtra = deletesExtra;
  }

  /** From now on it is not ready, for this reason; null where it is again. */
  public void notYet(@Nullable String why) {
    notYet.set(why);
  }

  @Override
  public long sequence() {
    return 7;
  }

  @Override
  public boolean deletesExtra(Binding binding) {
    return deletesExtra;
  }

  @Override
  public List<String> consumers(Binding binding) {
    return List.of("replica");
  }

  @Override
  public Answer next(Binding binding, String consumer, @Nullable String place, int limit) {
    String why = notYet.get();
    if (why != null) {
      return new Answer.Later(place, why);
    }
    // By what comes after a key, not by a count: what is held changes while it is asked for.
    List<Key> left =
        keys.get().stream()
            .filter(key -> place == null || key.toString().compareTo(place) > 0)
            .sorted(Comparator.comparing(Key::toString))
            .toList();
    List<Key> page = left.subList(0, Math.min(left.size(), limit));
    return new Answer.Portion(page, page.size() == left.size() ? null : page.getLast().toString());
  }
}
