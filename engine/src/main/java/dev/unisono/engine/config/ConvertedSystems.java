package dev.unisono.engine.config;

import dev.unisono.engine.config.Config.MemberConfig;
import dev.unisono.engine.config.Config.SyncConfig;
import dev.unisono.engine.config.Config.SystemConfig;
import dev.unisono.engine.convert.Conversion;
import dev.unisono.engine.convert.ConvertingConnector;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Puts conversions between the engine and those systems that have any. Has no state. */
final class ConvertedSystems {
  private ConvertedSystems() {}

  /** Systems without conversions stay as they are, and pay nothing. */
  static Map<String, SystemConfig> of(Map<String, SystemConfig> systems, List<SyncConfig> syncs) {
    Map<String, SystemConfig> converted = new LinkedHashMap<>();
    systems.forEach((name, system) -> {
      Map<String, Map<String, Conversion>> conversions = conversions(name, syncs);
      converted.put(
          name,
          conversions.isEmpty()
              ? system
              : new SystemConfig(
                  name,
                  new ConvertingConnector(system.connector(), conversions),
                  system.settings(),
                  system.limits()));
    });
    return converted;
  }

  /** By sync and field; a system is a member of a sync once. */
  private static Map<String, Map<String, Conversion>> conversions(
      String system, List<SyncConfig> syncs) {
    Map<String, Map<String, Conversion>> found = new HashMap<>();
    for (SyncConfig sync : syncs) {
      for (MemberConfig member : sync.members()) {
        if (member.system().equals(system) && !member.conversions().isEmpty()) {
          found.put(sync.name(), member.conversions());
        }
      }
    }
    return found;
  }
}
