package dev.unisono.engine.convert;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Key;
import dev.unisono.spi.Owner;
import dev.unisono.spi.Row;
import dev.unisono.spi.UnisonoException;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An owner that is given values in the form of the engine. Keys are the same in all forms. Safe for
 * threads as the owner is.
 */
record ConvertingOwner(String system, Owner owner, MemberForms forms) implements Owner {
  @Override
  public Inserted insert(Binding binding, Row row, Consumer<Key> keyed) {
    MemberForm form = forms.ofEntity(binding);
    return form == null
        ? owner.insert(binding, row, keyed)
        : owner.insert(form.member(), converted(() -> form.write(row)), keyed);
  }

  @Override
  public Optional<WriteReceipt> update(
      Binding binding, Key key, Row patch, @Nullable Row expected) {
    MemberForm form = forms.ofEntity(binding);
    return form == null
        ? owner.update(binding, key, patch, expected)
        : owner.update(
            form.member(), key, converted(() -> form.write(patch)), expected(form, expected));
  }

  @Override
  public Optional<WriteReceipt> delete(Binding binding, Key key, @Nullable Row expected) {
    MemberForm form = forms.ofEntity(binding);
    return form == null
        ? owner.delete(binding, key, expected)
        : owner.delete(form.member(), key, expected(form, expected));
  }

  @Override
  public Filling filling(Binding binding) {
    return owner.filling(forms.member(binding));
  }

  private static @Nullable Row expected(MemberForm form, @Nullable Row expected) {
    return expected == null ? null : form.writeExpected(expected);
  }

  private Row converted(Supplier<Row> written) {
    try {
      return written.get();
    } catch (UnconvertibleException none) {
      throw new UnisonoException(none.problem(system));
    }
  }

  @Override
  public void close() {
    owner.close();
  }
}
