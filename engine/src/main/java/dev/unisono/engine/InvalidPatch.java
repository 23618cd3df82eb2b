package dev.unisono.engine;

import dev.unisono.engine.validate.Finding;
import java.util.List;
import java.util.stream.Collectors;

/** Values of a caller that the entity's rules refuse. */
public final class InvalidPatch extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final transient List<Finding> findings;

  InvalidPatch(List<Finding> findings) {
    super(findings.stream().map(Finding::message).collect(Collectors.joining(" ")));
    this.findings = findings;
  }

  public List<Finding> findings() {
    return findings;
  }
}
