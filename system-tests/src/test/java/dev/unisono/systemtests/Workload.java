package dev.unisono.systemtests;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Random changes of customers and orders in crm, the same for the same seed: transactions of one or
 * more statements, some rolled back as a whole or to a savepoint. For one thread.
 */
final class Workload {
  private static final String[] TEXTS = {
    "plain",
    "",
    " ",
    "  spaces around\t",
    "it's \"quoted\" and \\back\\slashed",
    "two\nlines\r\nor three\rof them",
    "data: not an event\n\nevent: deleted\n\n",
    "Zoë Müller-Lüdenscheidt",
    "Łukasz Żółć",
    "Ελένη Παπαδοπούλου",
    "李小龍",
    "عربي עברית",
    "👩‍👩‍👧‍👦 family of surrogates 𝄞",
    "e\u0301 is not \u00e9",
    "\u0001\u0007\u001b[31m control \u007f\u0085",
    "line\u2028and\u2029paragraph separators",
    "\ufeffmark of byte order\uffff",
    "{\"looks\": [\"like\", null, 1e9]}",
    "'; DROP TABLE customers; --",
    "\\N",
    "NULL",
    "%s %d ${env:HOME} {{x}}",
    "<script>alert(1)</script>&amp;"
  };
  private static final String[] COUNTRIES = {"DE", "FR", "GB", "US", "JP"};
  private static final int LARGE_TEXT_LEAST = 8_200;
  private static final int LARGE_TEXT_SPREAD = 12_000;

  /** Keys from here on are of large transactions alone. */
  private static final long LARGE_FROM = 10_000_000;

  private static final int LARGE_ROWS = 20_000;

  private Connection crm;
  private final Random random;
  private final Ids customers;
  private final Ids orders;

  Workload(Connection crm, long seed) throws SQLException {
    this.crm = crm;
    this.random = new Random(seed);
    this.customers = new Ids("public.customers");
    this.orders = new Ids("public.orders");
    crm.setAutoCommit(false);
  }

  /** Fills both tables, in one transaction. */
  void fill(int customerCount, int orderCount) throws SQLException {
    for (int i = 0; i < customerCount; i++) {
      insertCustomer();
    }
    for (int i = 0; i < orderCount; i++) {
      insertOrder();
    }
    crm.commit();
  }

  /**
   * Goes on by another connection, after the one before was lost: with whatever of the last
   * transaction was committed.
   */
  void reconnect(Connection again) throws SQLException {
    crm = again;
    crm.setAutoCommit(false);
    customers.reload();
    orders.reload();
    crm.commit();
  }

  /** Runs one transaction that changes some 20,000 rows at once. */
  void largeTransaction() throws SQLException {
    if (customers.isEmpty()) {
      return;
    }
    switch (random.nextInt(3)) {
      case 0 ->
          execute("UPDATE public.orders SET quantity = quantity + 1 WHERE id >= ?", LARGE_FROM);
      case 1 -> execute("DELETE FROM public.orders WHERE id >= ?", LARGE_FROM);
      default ->
          execute(
              "INSERT INTO public.orders (id, customer_id, item, quantity, price)"
                  + " SELECT n, ?, 'large', n % 100, ? FROM generate_series(?, ?) n"
                  + " ON CONFLICT (id) DO UPDATE SET item = 'again'",
              customers.any(), money(), LARGE_FROM, LARGE_FROM + LARGE_ROWS - 1);
    }
    crm.commit();
  }

  /** Runs one transaction and says how many statements that change something it had. */
  int transaction() throws SQLException {
    int count = 1 + random.nextInt(random.nextInt(10) == 0 ? 30 : 5);
    int savepointAt = random.nextInt(6) == 0 ? random.nextInt(count) : -1;
    Savepoint savepoint = null;
    for (int i = 0; i < count; i++) {
      if (i == savepointAt) {
        savepoint = crm.setSavepoint();
      }
      operation();
    }
    if (savepoint != null) {
      if (random.nextBoolean()) {
        crm.rollback(savepoint);
        // What was removed since is there again.
        customers.reload();
        orders.reload();
        operation();
        count++;
      } else {
        crm.releaseSavepoint(savepoint);
      }
    }
    boolean rolledBack = random.nextInt(10) == 0;
    if (rolledBack) {
      crm.rollback();
    } else {
      crm.commit();
    }
    if (rolledBack || savepoint != null) {
      customers.reload();
      orders.reload();
      crm.commit();
    }
    return count;
  }

  private void operation() throws SQLException {
    int dice = random.nextInt(1_000);
    if (dice < 130) {
      insertCustomer();
    } else if (dice < 340) {
      insertOrder();
    } else if (dice < 570) {
      updateCustomer();
    } else if (dice < 720) {
      updateOrder();
    } else if (dice < 760) {
      updateOrdersOfCustomer();
    } else if (dice < 800) {
      moveCustomer();
    } else if (dice < 840) {
      moveOrder();
    } else if (dice < 850) {
      swapOrders();
    } else if (dice < 940) {
      deleteOrder();
    } else if (dice < 980) {
      deleteCustomer();
    } else if (dice < 999) {
      replaceCustomer();
    } else if (random.nextInt(3) == 0) {
      execute("TRUNCATE public.orders");
      orders.reload();
    }
  }

  private void insertCustomer() throws SQLException {
    long id = customers.unused();
    insertCustomer(id);
    customers.add(id);
  }

  private void insertCustomer(long id) throws SQLException {
    execute(
        "INSERT INTO public.customers (id, name, email, country, balance, updated_at, score, notes)"
            + " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        id,
        text(),
        text(),
        country(),
        money(),
        timestamp(),
        score(),
        random.nextInt(12) == 0 ? largeText() : text());
  }

  private void insertOrder() throws SQLException {
    if (customers.isEmpty()) {
      return;
    }
    long id = orders.unused();
    execute(
        "INSERT INTO public.orders (id, customer_id, item, quantity, price, ordered_on, shipped)"
            + " VALUES (?, ?, ?, ?, ?, ?, ?)",
        id,
        customers.any(),
        text(),
        random.nextInt(9) == 0 ? null : random.nextInt(),
        money(),
        date(),
        random.nextInt(9) == 0 ? null : random.nextBoolean());
    orders.add(id);
  }

  private void updateCustomer() throws SQLException {
    if (customers.isEmpty()) {
      return;
    }
    long id = customers.any();
    switch (random.nextInt(9)) {
      case 0 -> execute("UPDATE public.customers SET name = ? WHERE id = ?", text(), id);
      case 1 ->
          execute(
              "UPDATE public.customers SET email = ?, score = ? WHERE id = ?", text(), score(), id);
      case 2 -> execute("UPDATE public.customers SET country = ? WHERE id = ?", country(), id);
      case 3 -> execute("UPDATE public.customers SET score = ? WHERE id = ?", score(), id);
      case 4 -> execute("UPDATE public.customers SET notes = ? WHERE id = ?", largeText(), id);
      case 5 -> execute("UPDATE public.customers SET notes = ? WHERE id = ?", text(), id);
      case 6 -> execute("UPDATE public.customers SET name = name WHERE id = ?", id);
      default ->
          execute(
              "UPDATE public.customers SET balance = ?, updated_at = ? WHERE id = ?",
              money(),
              timestamp(),
              id);
    }
  }

  private void updateOrder() throws SQLException {
    if (orders.isEmpty()) {
      return;
    }
    if (random.nextInt(3) == 0) {
      execute(
          "UPDATE public.orders SET customer_id = ? WHERE id = ?", customers.any(), orders.any());
    } else {
      execute(
          "UPDATE public.orders SET item = ?, price = ?, shipped = ? WHERE id = ?",
          text(),
          money(),
          random.nextBoolean(),
          orders.any());
    }
  }

  private void updateOrdersOfCustomer() throws SQLException {
    if (!customers.isEmpty()) {
      execute(
          "UPDATE public.orders SET quantity = ?, ordered_on = ? WHERE customer_id = ?",
          random.nextInt(100),
          date(),
          customers.any());
    }
  }

  /** The orders follow by the foreign key. */
  private void moveCustomer() throws SQLException {
    if (!customers.isEmpty()) {
      long id = customers.any();
      long to = customers.unused();
      if (random.nextBoolean()) {
        execute("UPDATE public.customers SET id = ? WHERE id = ?", to, id);
      } else {
        execute("UPDATE public.customers SET id = ?, name = ? WHERE id = ?", to, text(), id);
      }
      customers.remove(id);
      customers.add(to);
    }
  }

  private void moveOrder() throws SQLException {
    if (!orders.isEmpty()) {
      long id = orders.any();
      long to = orders.unused();
      execute("UPDATE public.orders SET id = ?, price = ? WHERE id = ?", to, money(), id);
      orders.remove(id);
      orders.add(to);
    }
  }

  private void swapOrders() throws SQLException {
    if (!orders.isEmpty()) {
      long left = orders.any();
      long right = orders.any();
      execute("UPDATE public.orders SET id = -1 WHERE id = ?", left);
      execute("UPDATE public.orders SET id = ? WHERE id = ?", left, right);
      execute("UPDATE public.orders SET id = ? WHERE id = -1", left == right ? left : right);
    }
  }

  private void deleteOrder() throws SQLException {
    if (!orders.isEmpty()) {
      long id = orders.any();
      execute("DELETE FROM public.orders WHERE id = ?", id);
      orders.remove(id);
    }
  }

  /** The orders go by the foreign key. */
  private void deleteCustomer() throws SQLException {
    if (!customers.isEmpty()) {
      long id = customers.any();
      execute("DELETE FROM public.customers WHERE id = ?", id);
      customers.remove(id);
      orders.reload();
    }
  }

  /** Gone and there again in one transaction. */
  private void replaceCustomer() throws SQLException {
    if (!customers.isEmpty()) {
      long id = customers.any();
      execute("DELETE FROM public.customers WHERE id = ?", id);
      insertCustomer(id);
      orders.reload();
    }
  }

  private @Nullable String text() {
    int dice = random.nextInt(TEXTS.length * 2);
    if (dice < TEXTS.length) {
      return TEXTS[dice];
    }
    return dice == TEXTS.length ? null : "text " + random.nextInt(1_000_000);
  }

  private String largeText() {
    int length = LARGE_TEXT_LEAST + random.nextInt(LARGE_TEXT_SPREAD);
    StringBuilder text = new StringBuilder(length);
    for (int i = 0; i < length; i++) {
      text.append(random.nextInt(50) == 0 ? 'ß' : (char) (' ' + random.nextInt(95)));
    }
    return text.toString();
  }

  private @Nullable String country() {
    int dice = random.nextInt(COUNTRIES.length + 1);
    return dice == COUNTRIES.length ? null : COUNTRIES[dice];
  }

  private @Nullable BigDecimal money() {
    return random.nextInt(9) == 0
        ? null
        : BigDecimal.valueOf(random.nextLong(-999_999_999_999L, 1_000_000_000_000L), 2);
  }

  /** Up to 40 digits, with zeroes at the end too. */
  private @Nullable BigDecimal score() {
    return switch (random.nextInt(6)) {
      case 0 -> null;
      case 1 -> new BigDecimal("1.500");
      case 2 -> BigDecimal.valueOf(random.nextInt(100), random.nextInt(3));
      default -> new BigDecimal(new BigInteger(130, random), random.nextInt(30)).negate();
    };
  }

  private @Nullable OffsetDateTime timestamp() {
    if (random.nextInt(9) == 0) {
      return null;
    }
    long seconds = random.nextLong(-2_000_000_000L, 8_000_000_000L);
    long micros = random.nextInt(4) == 0 ? 0 : random.nextInt(1_000_000);
    return Instant.ofEpochSecond(seconds, micros * 1_000).atOffset(ZoneOffset.UTC);
  }

  private @Nullable LocalDate date() {
    return random.nextInt(9) == 0
        ? null
        : LocalDate.ofEpochDay(random.nextLong(-100_000, 1_000_000));
  }

  private void execute(String sql, @Nullable Object... values) throws SQLException {
    try (PreparedStatement statement = crm.prepareStatement(sql)) {
      for (int i = 0; i < values.length; i++) {
        statement.setObject(i + 1, values[i]);
      }
      statement.executeUpdate();
    }
  }

  /** The keys that are in a table as this transaction sees it. */
  private final class Ids {
    private final String table;
    private final List<Long> list = new ArrayList<>();
    private final Set<Long> set = new HashSet<>();
    private long highest;

    Ids(String table) {
      this.table = table;
    }

    boolean isEmpty() {
      return list.isEmpty();
    }

    long any() {
      return list.get(random.nextInt(list.size()));
    }

    /** A key that is not there: a new one, or one that was there once. */
    long unused() {
      if (highest > 0 && random.nextInt(3) == 0) {
        long candidate = 1 + random.nextLong(highest);
        if (!set.contains(candidate)) {
          return candidate;
        }
      }
      return ++highest;
    }

    void add(long id) {
      list.add(id);
      set.add(id);
    }

    void remove(long id) {
      list.remove(Long.valueOf(id));
      set.remove(id);
    }

    void reload() throws SQLException {
      list.clear();
      set.clear();
      try (Statement statement = crm.createStatement();
          ResultSet row =
              statement.executeQuery(
                  "SELECT id FROM " + table + " WHERE id < " + LARGE_FROM + " ORDER BY id")) {
        while (row.next()) {
          add(row.getLong(1));
        }
      }
    }
  }
}
