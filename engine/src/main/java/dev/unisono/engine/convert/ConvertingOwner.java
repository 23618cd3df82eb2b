package dev.unisono.engine.convert;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Key;
import dev.unisono.spi.Owner;
import dev.unisono.spi.Row;
import dev.unisono.spi.UnisonoException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** An owner that is given values in the form of the engine. Safe for threads as the owner is. */
record ConvertingOwner(String system, Owner owner, MemberForms forms) implements Owner {
  @Override
  public Optional<WriteReceipt> update(
      Binding binding, Key key, Row patch, @Nullable Row expected) {
    MemberForm form = forms.ofEntity(binding);
    if (form == null) {
      return owner.update(binding, key, patch, expected);
    }
    try {
      return owner.update(
          form.member(),
          key,
          form.write(patch),
          expected == null ? null : form.writeExpected(expected));
    } catch (UnconvertibleException none) {
      throw new UnisonoException(none.problem(system));
    }
  }

  @Override
  public void close() {
    owner.close();
  }
}
