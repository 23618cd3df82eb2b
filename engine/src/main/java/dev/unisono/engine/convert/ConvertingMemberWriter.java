package dev.unisono.engine.convert;

import dev.unisono.spi.MemberWrite;
import dev.unisono.spi.MemberWriter;
import dev.unisono.spi.Row;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A way to a member that is given rows in the form of the engine. For one thread. */
record ConvertingMemberWriter(String system, MemberWriter writer, MemberForms forms)
    implements MemberWriter {
  @Override
  public List<Refusal> write(List<MemberWrite> writes) {
    List<Refusal> refusals = new ArrayList<>();
    List<MemberWrite> converted = new ArrayList<>();
    Map<Long, MemberWrite> asked = new HashMap<>();
    for (MemberWrite write : writes) {
      try {
        converted.add(converted(write));
        asked.put(write.id(), write);
      } catch (UnconvertibleException none) {
        refusals.add(new Refusal(write, none.problem(system)));
      }
    }
    if (!converted.isEmpty()) {
      for (Refusal refusal : writer.write(converted)) {
        refusals.add(
            new Refusal(
                asked.getOrDefault(refusal.write().id(), refusal.write()), refusal.cause()));
      }
    }
    return refusals;
  }

  private MemberWrite converted(MemberWrite write) {
    MemberForm form = forms.ofEntity(write.binding());
    if (form == null) {
      return write;
    }
    Row values = write.values();
    Row expected = write.expected();
    return new MemberWrite(
        write.id(),
        form.member(),
        write.key(),
        values == null ? null : form.write(values),
        expected == null ? null : form.writeExpected(expected),
        write.unlike());
  }

  @Override
  public void mark(long marker) {
    writer.mark(marker);
  }

  @Override
  public void close() {
    writer.close();
  }
}
