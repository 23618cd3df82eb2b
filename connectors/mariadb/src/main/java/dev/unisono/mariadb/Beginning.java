package dev.unisono.mariadb;

import dev.unisono.spi.Problem;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What reading begins with. Immutable.
 *
 * @param definitions of the tables at that place
 * @param loss why everything is read again; null where nothing is
 * @param warning what people should know of the tables; null where there is nothing
 * @param away syncs that the state knows and the config does not have any more
 */
record Beginning(
    StreamState from,
    List<SnapshotTable> tables,
    List<Definition> definitions,
    @Nullable Problem loss,
    @Nullable Problem warning,
    List<String> away) {}
