package dev.unisono.engine.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.convert.Conversions.UnfitConversion;
import dev.unisono.engine.convert.Conversions.Written;
import dev.unisono.engine.fixture.Entities;
import dev.unisono.spi.Binding;
import dev.unisono.spi.Delivery;
import dev.unisono.spi.DeliveryOutcome;
import dev.unisono.spi.Field;
import dev.unisono.spi.Key;
import dev.unisono.spi.Lane;
import dev.unisono.spi.LaneCursor;
import dev.unisono.spi.MemberWrite;
import dev.unisono.spi.MemberWriter;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Owner;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.Unfit;
import dev.unisono.spi.UnisonoException;
import dev.unisono.spi.ValueType;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What a system is given, and what is made of its answers, where it keeps a form of its own. */
class ConvertingConnectorTest {
  private static final Schema SCHEMA =
      new Schema(
          "person",
          List.of(
              new Field("id", ValueType.LONG, true),
              new Field("height", ValueType.DECIMAL, false),
              new Field("state", ValueType.STRING, false)),
          List.of("id"));
  private static final Binding PERSON =
      new Binding("people", SCHEMA, "person", List.of("id", "tall", "state"), "syncs.people");
  private static final Binding PLACE =
      new Binding("places", SCHEMA, "place", List.of("id", "high", "state"), "syncs.places");

  private final MemberForms forms = new MemberForms(Map.of("people", conversions()));
  private final List<Binding> known = forms.members(List.of(PERSON, PLACE));

  private static Map<String, Conversion> conversions() {
    try {
      return Map.of(
          "height", Conversions.unit(ValueType.DECIMAL, "ft+in", "m", null, Written.PLAIN),
          "state", Conversions.codes(ValueType.LONG, Map.of(1L, "active", 2L, "closed")));
    } catch (UnfitConversion impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private static Row row(Schema schema, @Nullable Object... values) {
    return new Row(schema, values);
  }

  private static Row person(@Nullable Object height, @Nullable Object state) {
    return row(SCHEMA, 1L, height, state);
  }

  private static Delivery delivery(long sequence, Binding binding, @Nullable Row row) {
    return new Delivery(
        sequence,
        binding,
        row == null ? Operation.DELETE : Operation.UPDATE,
        new Key(sequence),
        null,
        row,
        0,
        Entities.TIME);
  }

  /** Takes everything, or what comes before the first of some. */
  private static final class RecordedLane implements Lane {
    final List<Delivery> applied = new ArrayList<>();
    @Nullable LaneCursor cursor;
    int most = Integer.MAX_VALUE;

    @Override
    public Optional<LaneCursor> cursor() {
      return Optional.ofNullable(cursor);
    }

    @Override
    public DeliveryOutcome apply(List<Delivery> deliveries, LaneCursor reached) {
      applied.addAll(deliveries);
      cursor = reached;
      return deliveries.size() <= most
          ? new DeliveryOutcome.Applied(deliveries.size())
          : new DeliveryOutcome.Refused(
              most, new Problem("other", ProblemType.USER, "", null, ""), "other");
    }

    @Override
    public DeliveryOutcome applyAsUnit(List<Delivery> deliveries, LaneCursor reached) {
      return apply(deliveries, reached);
    }

    @Override
    public void advance(LaneCursor reached) {
      cursor = reached;
    }

    @Override
    public void close() {}
  }

  @Test
  void theConnectorKnowsItsOwnTypesAndOthersAreLeftAlone() {
    assertEquals(
        List.of(ValueType.LONG, ValueType.STRING, ValueType.LONG),
        known.getFirst().schema().fields().stream().map(Field::type).toList());
    assertEquals(PERSON.columns(), known.getFirst().columns());
    assertSame(PLACE, known.getLast());
    assertSame(PERSON, forms.entity(known.getFirst()));
    assertSame(known.getFirst(), forms.member(PERSON));
    // The same member by a binding that was made of it later.
    assertSame(known.getFirst(), forms.member(PERSON.with(PERSON.policy())));
  }

  @Test
  void rowsAreConvertedAndWhatIsNoneIsUnfit() {
    MemberForm form = Objects.requireNonNull(forms.ofMember(known.getFirst()));
    Schema stored = known.getFirst().schema();
    Row read = form.read(row(stored, 1L, "5 ft 10 in", 2L));
    assertEquals(new BigDecimal("1.778"), read.value(1));
    assertEquals("closed", read.value(2));
    Row partial = form.read(row(stored, 1L, Unchanged.UNCHANGED, null));
    assertSame(Unchanged.UNCHANGED, partial.value(1));
    assertEquals(null, partial.value(2));
    Row bad = row(stored, 1L, "tall", 3L);
    assertEquals(
        new Unfit("something other than a text such as 1 ft 1 in"), form.read(bad).value(1));
    assertEquals(Unfit.class, Objects.requireNonNull(form.read(bad).value(2)).getClass());
    assertEquals(null, form.readBefore(bad));
    Row written = form.write(person(new BigDecimal("1.78"), "active"));
    assertEquals("5 ft 10 in", written.value(1));
    assertEquals(1L, written.value(2));
    assertEquals(stored, written.schema());
  }

  @Test
  void whatHasNoFormIsRefusedAfterAllThatCameBefore() {
    RecordedLane recorded = new RecordedLane();
    Lane lane = new ConvertingLane("crm", recorded, forms);
    List<Delivery> deliveries =
        List.of(
            delivery(4, PERSON, person(new BigDecimal("1.778"), "active")),
            delivery(5, PLACE, person(new BigDecimal("1.778"), "open")),
            delivery(6, PERSON, person(null, "lost")),
            delivery(7, PERSON, null));
    DeliveryOutcome.Refused refused =
        (DeliveryOutcome.Refused) lane.apply(deliveries, new LaneCursor(3, 9));
    assertEquals(2, refused.applied());
    assertEquals("not-convertible", refused.cause().code());
    assertEquals("conversion of state", refused.constraint());
    assertTrue(refused.cause().message().contains("crm"), refused.cause()::message);
    assertEquals(new LaneCursor(3, 5), recorded.cursor);
    assertEquals("5 ft 10 in", Objects.requireNonNull(recorded.applied.getFirst().row()).value(1));
    assertSame(deliveries.get(1), recorded.applied.get(1));

    assertEquals(1, lane.apply(deliveries.subList(3, 4), new LaneCursor(3, 9)).applied());
    recorded.applied.clear();
    assertEquals(0, lane.apply(deliveries.subList(2, 4), new LaneCursor(3, 9)).applied());
    assertEquals(0, lane.applyAsUnit(deliveries, new LaneCursor(3, 9)).applied());
    assertEquals(List.of(), recorded.applied);
    recorded.most = 1;
    // What the target refuses comes first.
    assertEquals(
        "other",
        ((DeliveryOutcome.Refused) lane.apply(deliveries, new LaneCursor(3, 9))).constraint());
  }

  @Test
  void anOwnerIsAskedInItsOwnForm() {
    List<@Nullable Row> asked = new ArrayList<>();
    Owner owner =
        new ConvertingOwner(
            "crm",
            new Owner() {
              @Override
              public Inserted insert(Binding binding, Row row, Consumer<Key> keyed) {
                assertSame(known.getFirst(), binding);
                asked.add(row);
                keyed.accept(new Key(9L));
                return new Inserted(new Key(9L), new WriteReceipt(1, true));
              }

              @Override
              public Optional<WriteReceipt> delete(
                  Binding binding, Key key, @Nullable Row expected) {
                assertSame(known.getFirst(), binding);
                asked.add(expected);
                return Optional.empty();
              }

              @Override
              public Filling filling(Binding binding) {
                assertSame(known.getFirst(), binding);
                return new Filling(Set.of(), Set.of(1));
              }

              @Override
              public Optional<WriteReceipt> update(
                  Binding binding, Key key, Row patch, @Nullable Row expected) {
                assertSame(known.getFirst(), binding);
                asked.add(patch);
                asked.add(expected);
                return Optional.empty();
              }

              @Override
              public void close() {}
            },
            forms);
    owner.update(PERSON, new Key(1L), person(Unchanged.UNCHANGED, "closed"), person(null, "lost"));
    assertEquals(2L, Objects.requireNonNull(asked.getFirst()).value(2));
    assertSame(Unchanged.UNCHANGED, Objects.requireNonNull(asked.getLast()).value(2));
    List<Key> keyed = new ArrayList<>();
    owner.insert(PERSON, person(null, "active"), keyed::add);
    assertEquals(1L, Objects.requireNonNull(asked.getLast()).value(2));
    assertEquals(List.of(new Key(9L)), keyed);
    owner.delete(PERSON, new Key(1L), person(Unchanged.UNCHANGED, "closed"));
    assertEquals(2L, Objects.requireNonNull(asked.getLast()).value(2));
    assertEquals(Set.of(1), owner.filling(PERSON).filled());
    for (Executable write :
        List.<Executable>of(
            () -> owner.update(PERSON, new Key(1L), person(null, "lost"), null),
            () -> owner.insert(PERSON, person(null, "lost"), keyed::add))) {
      UnisonoException refused = assertThrows(UnisonoException.class, write);
      assertEquals("not-convertible", refused.problem().code());
    }
  }

  @Test
  void aMembersWriteWithoutAFormIsRefusedAndTheOthersAreMade() {
    List<MemberWrite> made = new ArrayList<>();
    Problem taken = new Problem("taken", ProblemType.USER, "", null, "");
    MemberWriter writer =
        new ConvertingMemberWriter(
            "crm",
            new MemberWriter() {
              @Override
              public List<Refusal> write(List<MemberWrite> writes) {
                made.addAll(writes);
                return List.of(new Refusal(writes.getLast(), taken));
              }

              @Override
              public void mark(long marker) {}

              @Override
              public void close() {}
            },
            forms);
    MemberWrite good =
        new MemberWrite(1, PERSON, new Key(1L), person(null, "closed"), person(null, "active"));
    MemberWrite bad = new MemberWrite(2, PERSON, new Key(1L), person(null, "lost"), null);
    assertEquals(
        List.of(bad, good),
        writer.write(List.of(good, bad)).stream().map(MemberWriter.Refusal::write).toList());
    assertEquals(1, made.size());
    assertEquals(2L, Objects.requireNonNull(made.getFirst().values()).value(2));
    assertEquals(1L, Objects.requireNonNull(made.getFirst().expected()).value(2));
    made.clear();
    assertEquals(1, writer.write(List.of(bad)).size());
    assertEquals(List.of(), made);
  }
}
