package dev.unisono.engine.config;

import dev.unisono.spi.Problem;

/**
 * A problem and where in the file it is. Immutable.
 *
 * @param line counted from 1; 0 where it concerns no line
 */
public record ConfigProblem(int line, int column, Problem problem) {}
