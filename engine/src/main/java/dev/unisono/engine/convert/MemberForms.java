package dev.unisono.engine.convert;

import dev.unisono.spi.Binding;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The forms of all entities that one system keeps in a form of its own. Safe for threads. */
final class MemberForms {
  private final Map<String, Map<String, Conversion>> bySync;
  private final Map<Binding, MemberForm> byEntity = new HashMap<>();
  private final Map<Binding, MemberForm> byMember = new HashMap<>();
  private final Map<String, MemberForm> ofSync = new HashMap<>();

  /**
   * @param bySync by sync and field
   */
  MemberForms(Map<String, Map<String, Conversion>> bySync) {
    this.bySync = bySync;
  }

  /** The same bindings as a connector is to know them; before anything is asked for. */
  List<Binding> members(List<Binding> bindings) {
    List<Binding> members = new ArrayList<>();
    for (Binding binding : bindings) {
      Map<String, Conversion> conversions = bySync.get(binding.sync());
      if (conversions == null) {
        members.add(binding);
        continue;
      }
      MemberForm form = new MemberForm(binding, conversions);
      byEntity.put(binding, form);
      byMember.put(form.member(), form);
      ofSync.putIfAbsent(binding.sync(), form);
      members.add(form.member());
    }
    return List.copyOf(members);
  }

  /** Of a binding as the engine knows it; null where all is as it is. */
  @Nullable MemberForm ofEntity(Binding binding) {
    MemberForm form = byEntity.get(binding);
    return form != null ? form : ofSync.get(binding.sync());
  }

  /** Of a binding as the connector knows it; null where all is as it is. */
  @Nullable MemberForm ofMember(Binding binding) {
    MemberForm form = byMember.get(binding);
    return form != null ? form : ofSync.get(binding.sync());
  }

  /** A binding of the engine's as the connector knows it. */
  Binding member(Binding binding) {
    MemberForm form = ofEntity(binding);
    return form == null ? binding : form.member();
  }

  /** A binding of the connector's as the engine knows it. */
  Binding entity(Binding binding) {
    MemberForm form = ofMember(binding);
    return form == null ? binding : form.entity();
  }
}
