package dev.unisono.engine.config;

import dev.unisono.engine.expression.ConflictExpression;

/** What decides between two versions of a field, neither made in knowledge of the other. */
public sealed interface FieldStrategy {
  /** Its name in the config. */
  String name();

  /** The newest wins. */
  record Latest() implements FieldStrategy {
    @Override
    public String name() {
      return "latest";
    }
  }

  /** That of the member that is listed first wins. */
  record Priority() implements FieldStrategy {
    @Override
    public String name() {
      return "priority";
    }
  }

  /** Objects are merged member by member, arrays element by element; else the newest wins. */
  record Merge() implements FieldStrategy {
    @Override
    public String name() {
      return "merge";
    }
  }

  /** What each edit adds is added, whether it knows of the other or not. */
  record Sum() implements FieldStrategy {
    @Override
    public String name() {
      return "sum";
    }
  }

  /** What is there stays until a person has decided. */
  record Manual() implements FieldStrategy {
    @Override
    public String name() {
      return "manual";
    }
  }

  /** What an expression gives. */
  record Computed(ConflictExpression expression) implements FieldStrategy {
    @Override
    public String name() {
      return "expression";
    }
  }
}
