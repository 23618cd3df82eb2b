package dev.unisono.testkit.contract;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Connector;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A system of one connector for one test, with nothing in it yet: what the contract has to be told
 * of it, and the system's own ways to change it, past the connector. Tables have the columns of
 * {@link Item}. For one thread.
 */
public interface ContractSystem extends AutoCloseable {
  Connector connector();

  Set<Ability> abilities();

  /** The system's name in the config; no other test has it. */
  String name();

  /** The settings that have no default, and those of which the default will not do. */
  Map<String, Object> settings();

  /** Settings that are right, but nobody is there. */
  Map<String, Object> unreachable();

  /** Settings, each with a value of its type that cannot be. */
  Map<String, Object> invalid();

  /** Makes a table without rows. */
  void makeTable(String table);

  /** Makes one that gives a key to each row that has none. Asked only of an owner. */
  default void makeNumberingTable(String table) {
    throw new UnsupportedOperationException("no owner");
  }

  /** Makes one whose rows refer to another's by their {@code number}. Asked only of an owner. */
  default void makeReferringTable(String table, String to) {
    throw new UnsupportedOperationException("no owner");
  }

  void insert(String table, Item item);

  /** Changes the row that has this item's key. */
  void update(String table, Item item);

  /** Gives a row another key. */
  void move(String table, long from, long to);

  void delete(String table, long id);

  /** Removes all rows at once. */
  void clear(String table);

  /** What the table holds, by key. */
  List<Item> items(String table);

  /**
   * All that is there beside rows (tables, triggers, slots …), to see whether something was made.
   */
  List<String> catalog();

  /** How a table is bound, with what this kind of system has to be told of it. */
  default Binding bound(Binding plain) {
    return plain;
  }

  /** A row that the system refuses to hold. */
  Item refused();

  @Override
  void close();
}
