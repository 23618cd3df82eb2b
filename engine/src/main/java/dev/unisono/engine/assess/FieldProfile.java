package dev.unisono.engine.assess;

import dev.unisono.spi.Field;
import dev.unisono.spi.Json;
import dev.unisono.spi.Unfit;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the values of one field are like, told from some rows in memory that does not grow with them
 * (invariant 7). Shows no value, only shapes (invariant 10). For one thread.
 */
public final class FieldProfile {
  private final Field field;
  private final DistinctValues distinct = new DistinctValues();
  private final Spread numbers = new Spread(false);
  private final TextProfile texts = new TextProfile();
  private long rows;
  private long nulls;
  private long unfit;
  private long fractions;
  private int earliest = Integer.MAX_VALUE;
  private int latest = Integer.MIN_VALUE;

  FieldProfile(Field field) {
    this.field = field;
  }

  void add(@Nullable Object value) {
    rows++;
    switch (value) {
      case null -> nulls++;
      case Unfit _ -> unfit++;
      case String text -> {
        texts.add(text);
        distinct.add(DistinctValues.hash(text));
      }
      case Long number -> {
        numbers.add(number);
        distinct.add(DistinctValues.mixed(number + 1));
      }
      case BigDecimal number -> {
        numbers.add(number.doubleValue());
        BigDecimal plain = number.signum() == 0 ? BigDecimal.ZERO : number.stripTrailingZeros();
        fractions += plain.scale() > 0 ? 1 : 0;
        distinct.add(DistinctValues.mixed(plain.hashCode() * 31L + plain.precision()));
      }
      case Double number -> {
        numbers.add(number);
        fractions += number != Math.rint(number) ? 1 : 0;
        distinct.add(DistinctValues.mixed(Double.doubleToLongBits(number) + 1));
      }
      case byte[] bytes -> {
        numbers.add(bytes.length);
        distinct.add(DistinctValues.mixed(Arrays.hashCode(bytes)));
      }
      case Json json -> distinct.add(DistinctValues.hash(json.text()));
      case LocalDate date -> year(date.getYear(), date);
      case Instant time -> year(time);
      case Object[] array -> distinct.add(DistinctValues.mixed(Arrays.deepHashCode(array)));
      default -> distinct.add(DistinctValues.hash(value.toString()));
    }
  }

  private void year(Instant time) {
    long seconds = time.getEpochSecond();
    boolean never = time.equals(Instant.MAX) || time.equals(Instant.MIN);
    year(
        never ? Integer.MAX_VALUE : LocalDate.ofEpochDay(Math.floorDiv(seconds, 86_400)).getYear(),
        time);
  }

  private void year(int year, Object value) {
    distinct.add(DistinctValues.hash(value.toString()));
    if (Math.abs((long) year) < 1_000_000) {
      earliest = Math.min(earliest, year);
      latest = Math.max(latest, year);
      numbers.add(year);
    }
  }

  public Field field() {
    return field;
  }

  public String name() {
    return field.name();
  }

  public long rows() {
    return rows;
  }

  public long nulls() {
    return nulls;
  }

  /** Values that are none of the field's type. */
  public long unfit() {
    return unfit;
  }

  /** Values that there are. */
  public long values() {
    return rows - nulls - unfit;
  }

  public double nullShare() {
    return rows == 0 ? 0 : (double) nulls / rows;
  }

  /** Texts without a letter, of all rows. */
  public double emptyShare() {
    return rows == 0 ? 0 : (double) texts.empty() / rows;
  }

  /** How many different values there were, at least. */
  public long distinct() {
    return distinct.count();
  }

  /** True where there were no more different values than that. */
  public boolean distinctExact() {
    return distinct.exact();
  }

  /** Different values as a share of all that there are. */
  public double distinctShare() {
    return values() == 0 ? 0 : Math.min(1, (double) distinct.count() / values());
  }

  /** True where each row has a value, and none has that of another. */
  public boolean unique() {
    return rows > 1 && values() == rows && distinct.exact() && distinct.count() == rows;
  }

  /** True where numbers have digits behind the point. */
  boolean fractional() {
    return fractions > 0;
  }

  TextProfile texts() {
    return texts;
  }

  /** Which share of the numbers, dates or lengths of texts is far from all others. */
  public double outlierShare() {
    return switch (field.type()) {
      case STRING -> texts.lengths().outlierShare();
      case LONG, DECIMAL, DOUBLE, DATE, TIMESTAMP, BYTES -> numbers.outlierShare();
      case BOOLEAN, TIME, UUID, JSON, ARRAY -> 0;
    };
  }

  /**
   * What the values look like, for people: the kind that nearly all texts are of, lengths, years,
   * digits, and shapes. No value.
   */
  public List<String> looks() {
    return new Looks(this).all();
  }

  List<String> shapes() {
    return texts.shapes();
  }

  void settle() {
    distinct.settle();
    numbers.settle();
    texts.settle();
  }

  Spread numbers() {
    return numbers;
  }

  /** The years of dates and times; empty where there are none. */
  String years() {
    return earliest > latest
        ? ""
        : earliest == latest
            ? "of the year " + earliest
            : "of the years " + earliest + " to " + latest;
  }
}
