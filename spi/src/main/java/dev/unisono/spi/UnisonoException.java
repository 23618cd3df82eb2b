package dev.unisono.spi;

import org.jspecify.annotations.Nullable;

/** Carries a {@link Problem} to whoever can act on it. */
public final class UnisonoException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final transient Problem problem;

  public UnisonoException(Problem problem) {
    this(problem, null);
  }

  public UnisonoException(Problem problem, @Nullable Throwable cause) {
    super(problem.toString(), cause);
    this.problem = problem;
  }

  public Problem problem() {
    return problem;
  }
}
