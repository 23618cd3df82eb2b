package dev.unisono.jdbc;

import dev.unisono.spi.Field;
import dev.unisono.spi.Json;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ValueType;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLDataException;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * How any database is read of which nothing is known but what its driver says. A timestamp without
 * a zone is taken as UTC. Immutable; safe for threads.
 */
final class JdbcDialect implements ReadDialect {
  /** Classes of SQLSTATE by which drivers say that a value is not of the type asked for. */
  private static final Set<String> NOT_OF_THE_TYPE = Set.of("22", "42", "07", "0A");

  private final String quote;
  private final RowLimit limit;

  /**
   * @param quote what stands around names; a blank where nothing can
   */
  JdbcDialect(String quote, RowLimit limit) {
    this.quote = quote.strip();
    this.limit = limit;
  }

  @Override
  public String kind() {
    return JdbcConnector.KIND;
  }

  @Override
  public String quote(String name) {
    return quote.isEmpty() ? name : quote + name.replace(quote, quote + quote) + quote;
  }

  @Override
  public Optional<Table> find(Connection connection, String named) throws SQLException {
    return new JdbcCatalog(connection, this).find(named);
  }

  @Override
  public RowsAfter rowsAfter() {
    return RowsAfter.NESTED;
  }

  @Override
  public String limited(String query, int rows) {
    return limit.of(query, rows);
  }

  @Override
  public void limit(Statement statement, int rows) throws SQLException {
    if (limit == RowLimit.DRIVER) {
      statement.setMaxRows(rows);
    }
  }

  @Override
  public boolean fits(Table.Column column, Field field) {
    String type = column.type();
    return switch (field.type()) {
      case BOOLEAN -> JdbcColumnType.flag(type) || JdbcColumnType.integer(type);
      case LONG -> JdbcColumnType.integer(type) || JdbcColumnType.decimal(type);
      case DECIMAL -> JdbcColumnType.integer(type) || JdbcColumnType.decimal(type);
      case DOUBLE -> JdbcColumnType.number(type);
      case STRING -> !JdbcColumnType.binary(type) && !JdbcColumnType.array(type);
      case BYTES -> JdbcColumnType.binary(type);
      case DATE -> type.equals("DATE");
      case TIME -> type.equals("TIME");
      case TIMESTAMP -> type.equals(JdbcColumnType.PLAIN) || type.equals(JdbcColumnType.ZONED);
      case UUID -> JdbcColumnType.text(type) || JdbcColumnType.own(type);
      case JSON -> JdbcColumnType.text(type) || JdbcColumnType.own(type);
      case ARRAY -> false;
    };
  }

  @Override
  public Optional<ValueType> growth(Table.Column column) {
    String type = column.type();
    if (JdbcColumnType.integer(type)) {
      return Optional.of(ValueType.LONG);
    }
    if (JdbcColumnType.decimal(type)) {
      return Optional.of(ValueType.DECIMAL);
    }
    return switch (type) {
      case JdbcColumnType.PLAIN, JdbcColumnType.ZONED -> Optional.of(ValueType.TIMESTAMP);
      case "DATE" -> Optional.of(ValueType.DATE);
      default -> Optional.empty();
    };
  }

  @Override
  public void bind(
      PreparedStatement statement, int parameter, Table.Column column, ValueType type, Object value)
      throws SQLException {
    boolean zoned = column.type().equals(JdbcColumnType.ZONED);
    switch (value) {
      case Instant time when zoned -> statement.setObject(parameter, offset(time));
      case Instant time -> statement.setObject(parameter, offset(time).toLocalDateTime());
      case Long number -> statement.setLong(parameter, number);
      case BigDecimal number -> statement.setBigDecimal(parameter, number);
      case byte[] bytes -> statement.setBytes(parameter, bytes);
      case Boolean flag when JdbcColumnType.integer(column.type()) ->
          statement.setInt(parameter, flag ? 1 : 0);
      case String text when JdbcColumnType.number(column.type()) ->
          statement.setBigDecimal(parameter, new BigDecimal(text));
      case String text when JdbcColumnType.own(column.type()) ->
          statement.setObject(parameter, text, Types.OTHER);
      case String text -> statement.setString(parameter, text);
      case UUID uuid when JdbcColumnType.text(column.type()) ->
          statement.setString(parameter, uuid.toString());
      default -> statement.setObject(parameter, value);
    }
  }

  private static OffsetDateTime offset(Instant time) {
    if (time.equals(Instant.MAX)) {
      return OffsetDateTime.MAX;
    }
    return time.equals(Instant.MIN) ? OffsetDateTime.MIN : time.atOffset(ZoneOffset.UTC);
  }

  @Override
  public @Nullable Object read(ResultSet row, int place, Table.Column column, ValueType type)
      throws SQLException {
    try {
      return value(row, place, column, type);
    } catch (SQLException failed) {
      String state = failed.getSQLState() == null ? "" : failed.getSQLState();
      if (failed instanceof SQLDataException
          || (state.length() == 5 && NOT_OF_THE_TYPE.contains(state.substring(0, 2)))) {
        throw new IllegalArgumentException(failed.getMessage(), failed);
      }
      throw failed;
    } catch (DateTimeException | ArithmeticException unfit) {
      throw new IllegalArgumentException(unfit.getMessage(), unfit);
    }
  }

  private static @Nullable Object value(
      ResultSet row, int place, Table.Column column, ValueType type) throws SQLException {
    return switch (type) {
      case BOOLEAN -> flag(row, place, column);
      case LONG -> whole(row, place, column);
      case DOUBLE -> {
        double number = row.getDouble(place);
        yield row.wasNull() ? null : (Object) number;
      }
      case STRING -> row.getString(place);
      case BYTES -> row.getBytes(place);
      case DATE -> row.getObject(place, LocalDate.class);
      case TIME -> row.getObject(place, LocalTime.class);
      case TIMESTAMP -> time(row, place, column);
      case DECIMAL, UUID, JSON -> {
        String text = row.getString(place);
        yield text == null
            ? null
            : type == ValueType.JSON ? new Json(text) : ValueText.read(type, text.strip());
      }
      case ARRAY -> throw new IllegalArgumentException("an array");
    };
  }

  private static @Nullable Object flag(ResultSet row, int place, Table.Column column)
      throws SQLException {
    if (JdbcColumnType.flag(column.type())) {
      boolean flag = row.getBoolean(place);
      return row.wasNull() ? null : (Object) flag;
    }
    long number = row.getLong(place);
    if (row.wasNull()) {
      return null;
    }
    if (number != 0 && number != 1) {
      throw new IllegalArgumentException("the integer " + number);
    }
    return number == 1;
  }

  private static @Nullable Object whole(ResultSet row, int place, Table.Column column)
      throws SQLException {
    if (JdbcColumnType.integer(column.type())) {
      long number = row.getLong(place);
      return row.wasNull() ? null : (Object) number;
    }
    BigDecimal number = row.getBigDecimal(place);
    return number == null ? null : (Object) number.longValueExact();
  }

  private static @Nullable Object time(ResultSet row, int place, Table.Column column)
      throws SQLException {
    if (column.type().equals(JdbcColumnType.ZONED)) {
      OffsetDateTime time = row.getObject(place, OffsetDateTime.class);
      return time == null ? null : instant(time);
    }
    LocalDateTime time = row.getObject(place, LocalDateTime.class);
    if (time == null || time.equals(LocalDateTime.MAX) || time.equals(LocalDateTime.MIN)) {
      return time == null ? null : time.equals(LocalDateTime.MAX) ? Instant.MAX : Instant.MIN;
    }
    return time.toInstant(ZoneOffset.UTC);
  }

  private static Instant instant(OffsetDateTime time) {
    if (time.equals(OffsetDateTime.MAX)) {
      return Instant.MAX;
    }
    return time.equals(OffsetDateTime.MIN) ? Instant.MIN : time.toInstant();
  }

  @Override
  public Problem problem(String system, String doing, SQLException failed) {
    return JdbcProblems.of(system, doing, failed);
  }
}
