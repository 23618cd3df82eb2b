package dev.unisono.systemtests;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.sql.Connection;
import java.time.Duration;
import java.util.List;

/** That source, target, records and live clients come to hold the same rows. Has no state. */
final class Agreement {
  private Agreement() {}

  static void await(
      Duration atMost, MirroredDatabases databases, MirrorServer server, List<StreamClient> clients)
      throws Exception {
    try (Connection crm = databases.inCrm();
        Connection billing = databases.inBilling()) {
      for (MirroredEntity entity : MirroredEntity.values()) {
        Rows expected = entity.inCrm(crm);
        Eventually.holds(atMost, () -> expected.difference(entity.inBilling(billing)));
        Eventually.holds(atMost, () -> expected.difference(server.list(entity, "")));
        for (StreamClient client : clients) {
          Eventually.holds(
              atMost,
              () -> {
                assertEquals(List.of(), client.picture().complaints(), client.name());
                return client.difference(expected, entity);
              });
        }
      }
    }
  }
}
