package dev.unisono.engine.config;

import dev.unisono.engine.access.AccessPolicy;
import dev.unisono.engine.access.PolicyTest;
import java.util.List;

/**
 * Who may do what, as the config has it. Immutable.
 *
 * @param tests what must come of it
 */
public record AccessConfig(AccessPolicy policy, List<PolicyTest> tests) {
  /** What holds where the config says nothing. */
  public static final AccessConfig NONE = new AccessConfig(AccessPolicy.NONE, List.of());

  public AccessConfig {
    tests = List.copyOf(tests);
  }
}
