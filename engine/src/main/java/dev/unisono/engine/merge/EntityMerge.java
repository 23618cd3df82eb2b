package dev.unisono.engine.merge;

import dev.unisono.engine.state.StoredKey;
import dev.unisono.spi.Key;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** How one entity is merged. For the writer's thread, but for whether it is live. */
final class EntityMerge {
  final MergePlan plan;
  final Merger merger;
  final MergeCodec codec;

  /** Where each member has keys of its own. */
  final @Nullable RecordLinks links;

  volatile boolean live;

  EntityMerge(MergePlan plan, MergeCodec codec, @Nullable RecordLinks links, boolean live) {
    this.plan = plan;
    this.merger = new Merger(plan);
    this.codec = codec;
    this.links = links;
    this.live = live;
  }

  /** Of an entity of which each member has keys of its own. */
  RecordLinks links() {
    return Objects.requireNonNull(links);
  }

  int number() {
    return plan.entity().id();
  }

  MergedRecord newRecord(Key key) {
    return new MergedRecord(plan.entity().schema(), key, plan.members().size(), plan.ownKeys());
  }

  byte[] stored(Key key) {
    return plan.ownKeys()
        ? StoredKey.write((Long) key.part(0))
        : StoredKey.write(plan.entity(), key);
  }
}
