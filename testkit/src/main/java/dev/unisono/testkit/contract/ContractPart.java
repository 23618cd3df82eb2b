package dev.unisono.testkit.contract;

/** A part of the contract: tests that need a system. For one thread. */
interface ContractPart {
  /** The present test's. */
  ContractTrial trial();
}
