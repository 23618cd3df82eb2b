package dev.unisono.engine.convert;

import dev.unisono.spi.Delivery;
import dev.unisono.spi.DeliveryOutcome;
import dev.unisono.spi.Row;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Deliveries as a member is to have them, up to the first that has no form there. Immutable.
 *
 * @param refused why the one behind them has none; null where all have one
 */
record ConvertedDeliveries(List<Delivery> deliveries, @Nullable UnconvertibleException refused) {
  static ConvertedDeliveries of(List<Delivery> deliveries, MemberForms forms) {
    List<Delivery> converted = new ArrayList<>(deliveries.size());
    for (Delivery delivery : deliveries) {
      try {
        converted.add(converted(delivery, forms));
      } catch (UnconvertibleException none) {
        return new ConvertedDeliveries(converted, none);
      }
    }
    return new ConvertedDeliveries(converted, null);
  }

  private static Delivery converted(Delivery delivery, MemberForms forms) {
    MemberForm form = forms.ofEntity(delivery.binding());
    if (form == null) {
      return delivery;
    }
    Row row = delivery.row();
    return new Delivery(
        delivery.sequence(),
        form.member(),
        delivery.operation(),
        delivery.key(),
        delivery.previousKey(),
        row == null ? null : form.write(row),
        delivery.transaction(),
        delivery.sourceTime());
  }

  /** What became of all where that is what became of those that have a form. */
  DeliveryOutcome all(String system, DeliveryOutcome outcome) {
    UnconvertibleException none = refused;
    return none != null && outcome instanceof DeliveryOutcome.Applied
        ? refusal(system, none, deliveries.size())
        : outcome;
  }

  /** Where it is all or nothing, or there is nothing before it. */
  DeliveryOutcome nothing(String system, UnconvertibleException none) {
    return refusal(system, none, 0);
  }

  private static DeliveryOutcome refusal(String system, UnconvertibleException none, int applied) {
    return new DeliveryOutcome.Refused(applied, none.problem(system), none.constraint());
  }
}
