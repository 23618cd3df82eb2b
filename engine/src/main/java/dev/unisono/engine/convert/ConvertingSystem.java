package dev.unisono.engine.convert;

import dev.unisono.spi.Binding;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.MemberWriter;
import dev.unisono.spi.Owner;
import dev.unisono.spi.Problem;
import dev.unisono.spi.Projection;
import dev.unisono.spi.Receiver;
import dev.unisono.spi.RowReader;
import dev.unisono.spi.Source;
import dev.unisono.spi.Target;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A system that is asked by bindings of the engine. Safe for threads as far as the system is. */
final class ConvertingSystem implements ConnectedSystem {
  private final String name;
  private final ConnectedSystem system;
  private final MemberForms forms;

  ConvertingSystem(String name, ConnectedSystem system, MemberForms forms) {
    this.name = name;
    this.system = system;
    this.forms = forms;
  }

  @Override
  public List<Problem> check() {
    return system.check();
  }

  @Override
  public List<Problem> check(Map<String, String> state) {
    return system.check(state);
  }

  @Override
  public List<Problem> notices(Map<String, String> state) {
    return system.notices(state);
  }

  @Override
  public List<String> publication() {
    return system.publication();
  }

  @Override
  public List<String> publish() {
    return system.publish();
  }

  @Override
  public List<String> withdrawal() {
    return system.withdrawal();
  }

  @Override
  public List<String> withdraw() {
    return system.withdraw();
  }

  @Override
  public Source source() {
    return new ConvertingSource(system.source(), forms);
  }

  @Override
  public Target target() {
    return new ConvertingTarget(name, system.target(), forms);
  }

  @Override
  public MemberWriter memberWriter() {
    return new ConvertingMemberWriter(name, system.memberWriter(), forms);
  }

  @Override
  public RowReader rows(Binding binding) {
    MemberForm form = forms.ofEntity(binding);
    return form == null
        ? system.rows(binding)
        : new ConvertingRows(system.rows(form.member()), form);
  }

  /** What the column makes of a value is brought back, so that both sides are in one form. */
  @Override
  public Projection projection(Binding binding) {
    MemberForm form = forms.ofEntity(binding);
    if (form == null) {
      return system.projection(binding);
    }
    Projection inMember = system.projection(form.member());
    return (field, value) -> {
      Object written = form.write(field, value);
      // What has no form there is refused when it is written.
      return written == null ? value : form.read(field, inMember.project(field, written));
    };
  }

  @Override
  public Optional<Instant> clock() {
    return system.clock();
  }

  @Override
  public Optional<Receiver> receiver() {
    return system.receiver();
  }

  @Override
  public boolean takesWrites() {
    return system.takesWrites();
  }

  @Override
  public Owner owner() {
    return new ConvertingOwner(name, system.owner(), forms);
  }

  @Override
  public List<@Nullable String> columnTypes(Binding binding) {
    return system.columnTypes(forms.member(binding));
  }

  @Override
  public void close() {
    system.close();
  }
}
