package dev.unisono.engine.repair;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.state.EngineState;
import dev.unisono.spi.Binding;
import dev.unisono.spi.KeyPage;
import dev.unisono.spi.KnownKeys;
import dev.unisono.spi.UnisonoException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Answers a source that compares: from the records first, then from each target's own tables. A
 * holder is asked only when it has taken up everything that was in line when the source first asked
 * for it: else what is still on its way there would survive. Safe for threads.
 */
public final class HeldKeys implements KnownKeys {
  private static final Duration WRITTEN_WAIT = Duration.ofSeconds(1);

  private final EngineState state;
  private final Map<String, Entity> entityBySchema;

  /** Filled while the engine is wired, before anything runs. */
  private final List<? extends KeyHolder> targets;

  private final KeyHolder records;
  private final KeyHolder told;
  private final Set<String> deletingSyncs;

  /**
   * @param entityBySchema the entities by the names of their schemas
   * @param deletingSyncs the syncs whose first load deletes what else a target holds
   */
  public HeldKeys(
      EngineState state,
      Map<String, Entity> entityBySchema,
      KeyHolder records,
      List<? extends KeyHolder> targets,
      Set<String> deletingSyncs) {
    this.state = state;
    this.entityBySchema = entityBySchema;
    this.records = records;
    this.told = new ToldKeys(state);
    this.targets = targets;
    this.deletingSyncs = deletingSyncs;
  }

  @Override
  public long sequence() {
    return state.journal().head().sequence();
  }

  @Override
  public boolean deletesExtra(Binding binding) {
    return deletingSyncs.contains(binding.sync());
  }

  @Override
  public List<String> consumers(Binding binding) {
    return holders(entity(binding)).stream().map(KeyHolder::holderName).toList();
  }

  @Override
  public List<String> told(Binding binding) {
    Entity entity = entity(binding);
    return Stream.of(told, records)
        .filter(holder -> holder.keeps(entity))
        .limit(1)
        .map(KeyHolder::holderName)
        .toList();
  }

  private List<KeyHolder> holders(Entity entity) {
    // The records know all that was ever handed over: what they bring out is in no target's way.
    return Stream.concat(Stream.of(records), targets.stream())
        .filter(holder -> holder.keeps(entity))
        .map(KeyHolder.class::cast)
        .toList();
  }

  private Entity entity(Binding binding) {
    Entity entity = entityBySchema.get(binding.schema().name());
    if (entity == null) {
      throw new IllegalArgumentException("an entity nobody configured: " + binding);
    }
    return entity;
  }

  /** A place is the sequence to be passed, and behind a blank, what the last page said. */
  @Override
  public Answer next(Binding binding, String consumer, @Nullable String place, int limit)
      throws InterruptedException {
    Entity entity = entity(binding);
    KeyHolder holder =
        Stream.concat(holders(entity).stream(), Stream.of(told))
            .filter(each -> each.holderName().equals(consumer))
            .findFirst()
            .orElseThrow(() -> new IllegalArgumentException("no consumer " + consumer));
    if (place == null) {
      return state.awaitWritten(WRITTEN_WAIT)
          ? next(entity, holder, sequence(), null, limit)
          : new Answer.Later(null, "the journal is not written at the moment");
    }
    int blank = place.indexOf(' ');
    return blank < 0
        ? next(entity, holder, Long.parseLong(place), null, limit)
        : next(
            entity,
            holder,
            Long.parseLong(place.substring(0, blank)),
            place.substring(blank + 1),
            limit);
  }

  private static Answer next(
      Entity entity, KeyHolder holder, long sequence, @Nullable String after, int limit) {
    String same = sequence + (after == null ? "" : " " + after);
    long lacking = sequence - holder.through();
    if (lacking > 0) {
      return new Answer.Later(
          same, holder.holderName() + " has still to take up " + lacking + " journal entries");
    }
    try {
      KeyPage page = holder.keys(entity, after, limit);
      String next = page.next();
      return new Answer.Portion(page.keys(), next == null ? null : sequence + " " + next);
    } catch (UnisonoException away) {
      // Whoever cannot be asked keeps the comparison waiting, and nothing else.
      return new Answer.Later(
          same, holder.holderName() + " cannot be asked: " + away.problem().message());
    }
  }
}
