package dev.unisono.engine;

import dev.unisono.engine.validate.Finding;
import java.util.List;
import java.util.stream.Collectors;

/** What a caller wrote is held until a person lets it through. */
public final class HeldPatch extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final long letter;
  private final transient List<Finding> findings;

  HeldPatch(long letter, List<Finding> findings) {
    super(findings.stream().map(Finding::message).collect(Collectors.joining(" ")));
    this.letter = letter;
    this.findings = findings;
  }

  /** The number of the dead letter that it is. */
  public long letter() {
    return letter;
  }

  public List<Finding> findings() {
    return findings;
  }
}
