package dev.unisono.csv;

import dev.unisono.spi.Connector;
import dev.unisono.testkit.contract.Ability;
import dev.unisono.testkit.contract.ConnectorContract;
import dev.unisono.testkit.contract.ContractSystem;
import dev.unisono.testkit.contract.Item;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

final class CsvContractTest extends ConnectorContract {
  @Override
  protected ContractSystem open(String test, Path folder) throws IOException {
    return new FolderSystem(test, Files.createDirectory(folder));
  }

  /** A folder whose files others write, too. For one thread. */
  private record FolderSystem(String name, Path folder) implements ContractSystem {
    @Override
    public Connector connector() {
      return new CsvConnector();
    }

    @Override
    public Set<Ability> abilities() {
      return Set.of(Ability.READ, Ability.WRITE, Ability.ROWS, Ability.SURVEY, Ability.WITHDRAW);
    }

    @Override
    public Map<String, Object> settings() {
      return Map.of("folder", folder.toString(), "poll", Duration.ofMillis(20));
    }

    @Override
    public Map<String, Object> unreachable() {
      return Map.of("folder", folder + "-missing");
    }

    @Override
    public Map<String, Object> invalid() {
      return Map.of("folder", " ", "poll", Duration.ofHours(2), "read-batch", 0L);
    }

    private ItemFile file(String table) {
      return new ItemFile(folder.resolve(table + ".csv"));
    }

    @Override
    public void makeTable(String table) {
      file(table).write(List.of());
    }

    private TreeMap<Long, Item> byKey(String table) {
      TreeMap<Long, Item> items = new TreeMap<>();
      file(table).read().forEach(item -> items.put(item.id(), item));
      return items;
    }

    @Override
    public void insert(String table, Item item) {
      List<Item> items = new ArrayList<>(file(table).read());
      items.add(item);
      file(table).write(items);
    }

    @Override
    public void update(String table, Item item) {
      TreeMap<Long, Item> items = byKey(table);
      items.replace(item.id(), item);
      file(table).write(items.values());
    }

    @Override
    public void move(String table, long from, long to) {
      TreeMap<Long, Item> items = byKey(table);
      Item item = Objects.requireNonNull(items.remove(from));
      items.put(to, new Item(to, item.name(), item.number(), item.price(), item.ratio()));
      file(table).write(items.values());
    }

    @Override
    public void delete(String table, long id) {
      TreeMap<Long, Item> items = byKey(table);
      items.remove(id);
      file(table).write(items.values());
    }

    @Override
    public void clear(String table) {
      file(table).write(List.of());
    }

    @Override
    public List<Item> items(String table) {
      return List.copyOf(byKey(table).values());
    }

    @Override
    public List<String> catalog() {
      try (Stream<Path> files = Files.list(folder)) {
        return files.map(file -> file.getFileName().toString()).sorted().toList();
      } catch (IOException failed) {
        throw new UncheckedIOException(failed);
      }
    }

    /** Half of a character that takes two: UTF-8 has nothing for it. */
    @Override
    public Item refused() {
      return Item.of(66, "\uD83C");
    }

    @Override
    public void close() {
      // The folder goes with the test.
    }
  }
}
