package dev.unisono.server.soap;

import dev.unisono.server.operation.Refusal;
import java.util.List;
import java.util.Optional;

/**
 * An element of a request. Immutable.
 *
 * @param nil whether it says that it has no value ({@code xsi:nil})
 * @param text what stands in it beside its children
 */
record Element(String namespace, String name, boolean nil, String text, List<Element> children) {
  Element {
    children = List.copyOf(children);
  }

  Optional<Element> child(String wanted) {
    return children.stream().filter(each -> each.name().equals(wanted)).findFirst();
  }

  /**
   * A child that must be there.
   *
   * @throws Refusal 400 bad-body
   */
  Element needed(String wanted) {
    return child(wanted)
        .orElseThrow(() ->
            new Refusal(400, "bad-body", "'" + wanted + "' is missing in '" + name + "'.", wanted));
  }
}
