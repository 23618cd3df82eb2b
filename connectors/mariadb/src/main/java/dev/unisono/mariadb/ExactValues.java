package dev.unisono.mariadb;

import io.debezium.spi.converter.CustomConverter;
import io.debezium.spi.converter.RelationalColumn;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Arrays;
import java.util.Locale;
import java.util.Properties;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.jspecify.annotations.Nullable;

/**
 * What the Debezium engine makes of columns whose values it would not give exactly: dates and times
 * (a zero date that may not be null would become 1970), and the types that are bytes in the binlog
 * (UUID, JSON). Made by the engine, by name. Has no state; safe for threads.
 */
public final class ExactValues implements CustomConverter<SchemaBuilder, RelationalColumn> {
  private static final int UUID_BYTES = 16;

  @Override
  public void configure(Properties properties) {
    // There is nothing to choose.
  }

  @Override
  public void converterFor(RelationalColumn column, ConverterRegistration<SchemaBuilder> registry) {
    String name = column.typeName().toUpperCase(Locale.ROOT);
    switch (name) {
      case "DATE" -> registry.register(SchemaBuilder.int64().optional(), value -> days(value));
      case "DATETIME", "TIMESTAMP", "TIME" ->
          registry.register(SchemaBuilder.int64().optional(), value -> micros(value));
      case "UUID" -> bytes(registry, UUID_BYTES);
      case "JSON" -> registry.register(SchemaBuilder.string().optional(), value -> text(value));
      default -> {
        // As the engine gives it.
      }
    }
  }

  /** The binlog leaves out zeros at the end. */
  private static void bytes(ConverterRegistration<SchemaBuilder> registry, int length) {
    registry.register(
        SchemaBuilder.bytes().optional(),
        value -> value instanceof byte[] bytes ? Arrays.copyOf(bytes, length) : none());
  }

  private static @Nullable Object days(@Nullable Object value) {
    return value instanceof LocalDate date ? date.toEpochDay() : none();
  }

  private static @Nullable Object micros(@Nullable Object value) {
    return switch (value) {
      case LocalDateTime time -> micros(time.toInstant(ZoneOffset.UTC));
      case ZonedDateTime time -> micros(time.toInstant());
      case Duration time -> micros(time.getSeconds(), time.getNano());
      case null, default -> none();
    };
  }

  private static Long micros(Instant time) {
    return micros(time.getEpochSecond(), time.getNano());
  }

  private static Long micros(long seconds, int nanos) {
    return Math.addExact(Math.multiplyExact(seconds, 1_000_000L), nanos / 1_000);
  }

  private static @Nullable Object text(@Nullable Object value) {
    return value instanceof byte[] bytes ? new String(bytes, StandardCharsets.UTF_8) : value;
  }

  /** Null, and what stands in a definition as a default, which is never taken for a value. */
  private static @Nullable Object none() {
    return null;
  }
}
