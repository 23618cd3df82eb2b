package dev.unisono.spi;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which keys those hold who are fed from the journal (the records, each target): a source asks for
 * them to find what it has no longer. The keys are candidates; whether one is gone is the source's
 * to say. Safe for threads.
 */
public interface KnownKeys {
  /** Nobody keeps anything. */
  KnownKeys NONE =
      new KnownKeys() {
        @Override
        public long sequence() {
          return 0;
        }

        @Override
        public boolean deletesExtra(Binding binding) {
          return false;
        }

        @Override
        public List<String> consumers(Binding binding) {
          return List.of();
        }

        @Override
        public Answer next(Binding binding, String consumer, @Nullable String place, int limit) {
          return new Answer.Portion(List.of(), null);
        }
      };

  /** The newest sequence of the journal. */
  long sequence();

  /**
   * Whether rows that a target held before the first load, and the source does not have, are to be
   * deleted there; else they are only counted.
   */
  boolean deletesExtra(Binding binding);

  /** Who keeps rows of a binding, in the order in which they are best asked; fixed for a run. */
  List<String> consumers(Binding binding);

  /**
   * Who keeps nothing but what was handed over, so that asking them finds no row that somebody else
   * put there; for {@link Operation#REFRESH}. Fixed for a run.
   */
  default List<String> told(Binding binding) {
    return consumers(binding);
  }

  /**
   * The next keys that a consumer holds, in an order of its own. It is asked only once it has taken
   * up everything that was in the journal when it was first asked.
   *
   * @param place null at the beginning, then what the answer before said; opaque, may be kept over
   *     restarts
   * @throws UnisonoException where the keys cannot be told, for good
   */
  Answer next(Binding binding, String consumer, @Nullable String place, int limit)
      throws InterruptedException;

  /** What comes of asking. Immutable. */
  sealed interface Answer {
    /**
     * Some keys.
     *
     * @param place where to go on; null where there are no more
     */
    record Portion(List<Key> keys, @Nullable String place) implements Answer {}

    /**
     * Not yet: ask again in a moment, with this place.
     *
     * @param why what is waited for, for people
     */
    record Later(@Nullable String place, String why) implements Answer {}
  }
}
