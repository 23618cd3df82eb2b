package dev.unisono.server.soap;

import dev.unisono.engine.entity.Entity;
import java.util.Locale;

/** What an entity's service can do. */
enum SoapOperation {
  GET,
  LIST,
  CREATE,
  REPLACE,
  UPDATE,
  DELETE;

  /** The element that a record stands in. */
  static final String RECORD = "record";

  /** Its name, as the operation's element has it: GetCustomer, ListCustomers. */
  String of(Entity entity) {
    String verb = name().charAt(0) + name().substring(1).toLowerCase(Locale.ROOT);
    return verb + XmlNames.capital(this == LIST ? entity.plural() : entity.name());
  }
}
