package dev.unisono.bench;

import java.util.Map;

/**
 * What one run of one contender gave. Immutable.
 *
 * @param values what was measured, by name; the empty name is the scenario's one value
 * @param cpuSeconds processor time of the contender's process while it was measured
 * @param peakMemoryBytes the most memory its process ever had resident
 */
record Run(Map<String, Double> values, double cpuSeconds, long peakMemoryBytes) {}
