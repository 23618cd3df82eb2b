package dev.unisono.server.soap;

import dev.unisono.engine.Nearest;
import dev.unisono.engine.Precondition;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.journal.Cursor;
import dev.unisono.engine.record.EntityRecord;
import dev.unisono.engine.record.Records;
import dev.unisono.server.http.Answers;
import dev.unisono.server.http.Doorway;
import dev.unisono.server.http.Parameters;
import dev.unisono.server.operation.Attempts;
import dev.unisono.server.operation.Caller;
import dev.unisono.server.operation.Failure;
import dev.unisono.server.operation.ListRequest;
import dev.unisono.server.operation.Operations;
import dev.unisono.server.operation.RecordBody;
import dev.unisono.server.operation.Refusal;
import dev.unisono.server.soap.Envelope.Version;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;
import org.jspecify.annotations.Nullable;

/** The doors of SOAP, one for each entity. Safe for threads. */
public final class SoapRoutes {
  private static final String PATH = "/v1/soap/:plural";

  private final Operations operations;

  public SoapRoutes(Operations operations) {
    this.operations = operations;
  }

  public void mount(Router router, Doorway doorway) {
    router.get(PATH).handler(context -> doorway.known(context, this::describe));
    router.post(PATH).handler(context -> doorway.withBody(context, this::take));
  }

  private Entity entity(RoutingContext context) {
    return operations.plural(Parameters.part(context, "plural"));
  }

  private void describe(RoutingContext context, Buffer body) {
    Entity entity = entity(context);
    String address =
        context.request().scheme()
            + "://"
            + context.request().authority()
            + "/v1/soap/"
            + entity.plural();
    Answers.end(context, 200, "text/xml; charset=utf-8", Wsdl.of(entity, address));
  }

  /** Writes what stands in a body. */
  private interface Content {
    void write(XMLStreamWriter xml) throws XMLStreamException;
  }

  private void take(RoutingContext context, Buffer body) throws InterruptedException {
    Version version = version(context);
    String namespace = Wsdl.namespace(Parameters.part(context, "plural"));
    try {
      Entity entity = entity(context);
      Envelope envelope = Envelope.parse(body.getBytes());
      if (envelope.version() != version) {
        throw new Refusal(
            415,
            "unsupported-media-type",
            "An envelope of SOAP 1.1 is text/xml, one of SOAP 1.2 application/soap+xml.",
            "Content-Type");
      }
      Content[] answer = new Content[1];
      Attempts.run(() -> answer[0] = answer(context, entity, envelope.operation()));
      end(context, version, 200, Objects.requireNonNull(answer[0]));
    } catch (Envelope.Unfit unfit) {
      end(
          context,
          unfit.version(),
          500,
          xml ->
              fault(
                  xml,
                  unfit.version(),
                  unfit.code(),
                  String.valueOf(unfit.getMessage()),
                  namespace,
                  null));
    } catch (RuntimeException failed) {
      Failure failure = Failure.of(failed, false);
      boolean theirs = failure.status() < 500;
      // SOAP 1.1 has every fault by 500; a client that looks for it reads no other.
      int status = version == Version.V11 ? 500 : theirs ? 400 : 500;
      String code =
          version == Version.V11 ? theirs ? "Client" : "Server" : theirs ? "Sender" : "Receiver";
      end(
          context,
          version,
          status,
          xml -> fault(xml, version, code, failure.detail(), namespace, failure));
    }
  }

  private static Version version(RoutingContext context) {
    String type = context.request().getHeader("Content-Type");
    String plain = type == null ? "" : type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    return Arrays.stream(Version.values())
        .filter(each -> each.type().equals(plain))
        .findAny()
        .orElseThrow(() ->
            new Refusal(
                415,
                "unsupported-media-type",
                "A SOAP message is text/xml (1.1) or application/soap+xml (1.2).",
                "Content-Type"));
  }

  private Content answer(RoutingContext context, Entity entity, Element request)
      throws InterruptedException {
    Caller caller = Doorway.caller(context);
    HttpServerResponse response = context.response();
    List<String> names =
        Arrays.stream(SoapOperation.values()).map(each -> each.of(entity)).toList();
    int known = names.indexOf(request.name());
    if (known < 0 || !request.namespace().equals(Wsdl.namespace(entity.plural()))) {
      throw new Refusal(
          400,
          "unknown-operation",
          "There is no operation {"
              + request.namespace()
              + "}"
              + request.name()
              + Nearest.question(request.name(), names)
              + " Its namespace is "
              + Wsdl.namespace(entity.plural())
              + ".");
    }
    SoapOperation operation = List.of(SoapOperation.values()).get(known);
    return switch (operation) {
      case GET -> get(response, caller, entity, XmlValues.key(entity, request));
      case LIST -> list(response, caller, entity, request);
      case CREATE ->
          done(
              entity,
              operation,
              operations.create(
                  caller,
                  entity,
                  XmlValues.row(entity, request.needed(SoapOperation.RECORD)),
                  null));
      case REPLACE ->
          done(
              entity,
              operation,
              operations.put(
                  caller,
                  entity,
                  XmlValues.key(entity, request),
                  record(entity, request),
                  precondition(request),
                  null));
      case UPDATE ->
          done(
              entity,
              operation,
              operations.patch(
                  caller,
                  entity,
                  XmlValues.key(entity, request),
                  RecordBody.something(record(entity, request)),
                  precondition(request),
                  null));
      case DELETE ->
          done(
              entity,
              operation,
              operations.delete(
                  caller, entity, XmlValues.key(entity, request), precondition(request), null));
    };
  }

  /** What the record of a key, which may be repeated in it, is to be. */
  private static Row record(Entity entity, Element request) {
    Key key = XmlValues.key(entity, request);
    return RecordBody.of(entity, key, XmlValues.row(entity, request.needed(SoapOperation.RECORD)));
  }

  private static Precondition precondition(Element request) {
    Optional<Element> version = request.child("ifVersion");
    if (version.isEmpty() || version.get().nil()) {
      return Precondition.NONE;
    }
    try {
      return new Precondition.Version(Long.parseLong(version.get().text().strip()));
    } catch (NumberFormatException notWhole) {
      throw new Refusal(400, "bad-parameter", "ifVersion is a whole number.", "ifVersion");
    }
  }

  private Content get(HttpServerResponse response, Caller caller, Entity entity, Key key)
      throws InterruptedException {
    Operations.Found<EntityRecord> found = operations.get(caller, entity, key, null);
    Row row = found.value().row();
    if (row == null) {
      throw Operations.gone(entity);
    }
    reflect(response, entity, found.position());
    return xml ->
        response(
            xml,
            entity,
            SoapOperation.GET,
            () -> {
              writeRecord(xml, entity, row);
              element(xml, "version", Long.toString(found.value().version()));
              element(xml, "cursor", found.position().text());
            });
  }

  private Content list(HttpServerResponse response, Caller caller, Entity entity, Element request)
      throws InterruptedException {
    MultiMap parameters = MultiMap.caseInsensitiveMultiMap();
    for (Element each : request.children()) {
      switch (each.name()) {
        case "filter" -> parameters.add("and", each.text().strip());
        case "sort", "limit", "after" -> parameters.add(each.name(), each.text().strip());
        default ->
            throw new Refusal(
                400, "bad-body", "A list has filter, sort, limit and after.", each.name());
      }
    }
    ListRequest list = ListRequest.parse(entity, parameters);
    Records.Page page = operations.list(caller, list, null).value();
    reflect(response, entity, page.position());
    return xml ->
        response(
            xml,
            entity,
            SoapOperation.LIST,
            () -> {
              for (EntityRecord record : page.records()) {
                writeRecord(xml, entity, Objects.requireNonNull(record.row()));
              }
              if (page.next() != null) {
                element(xml, "next", list.token(page.next()));
              }
              element(xml, "cursor", page.position().text());
            });
  }

  /** What no element has: an answer keeps the form that its schema gives it. */
  private void reflect(HttpServerResponse response, Entity entity, Cursor position) {
    response.putHeader("Unisono-Cursor", position.text());
    operations
        .staleSeconds(entity)
        .ifPresent(stale -> response.putHeader("Unisono-Stale", Operations.seconds(stale)));
  }

  private static Content done(Entity entity, SoapOperation operation, Operations.Done done) {
    Row row = done.record().row();
    return xml ->
        response(
            xml,
            entity,
            operation,
            () -> {
              if (row != null) {
                writeRecord(xml, entity, row);
              }
              element(xml, "version", Long.toString(done.record().version()));
              element(xml, "cursor", done.position().text());
            });
  }

  /** What stands in an element. */
  private interface Inside {
    void write() throws XMLStreamException;
  }

  private static void response(
      XMLStreamWriter xml, Entity entity, SoapOperation operation, Inside inside)
      throws XMLStreamException {
    xml.writeStartElement(operation.of(entity) + "Response");
    xml.writeDefaultNamespace(Wsdl.namespace(entity.plural()));
    inside.write();
    xml.writeEndElement();
  }

  private static void writeRecord(XMLStreamWriter xml, Entity entity, Row row)
      throws XMLStreamException {
    xml.writeStartElement(SoapOperation.RECORD);
    XmlValues.writeFields(xml, entity, row);
    xml.writeEndElement();
  }

  private static void element(XMLStreamWriter xml, String name, String text)
      throws XMLStreamException {
    xml.writeStartElement(name);
    XmlText.write(xml, text);
    xml.writeEndElement();
  }

  private static void fault(
      XMLStreamWriter xml,
      Version version,
      String code,
      String text,
      String namespace,
      @Nullable Failure failure)
      throws XMLStreamException {
    boolean first = version == Version.V11;
    xml.writeStartElement("s:Fault");
    if (first) {
      element(xml, "faultcode", "s:" + code);
      element(xml, "faultstring", XmlText.of(text));
    } else {
      xml.writeStartElement("s:Code");
      element(xml, "s:Value", "s:" + code);
      xml.writeEndElement();
      xml.writeStartElement("s:Reason");
      xml.writeStartElement("s:Text");
      xml.writeAttribute("xml:lang", "en");
      xml.writeCharacters(XmlText.of(text));
      xml.writeEndElement();
      xml.writeEndElement();
    }
    if (failure != null) {
      xml.writeStartElement(first ? "detail" : "s:Detail");
      xml.writeStartElement("problem");
      xml.writeDefaultNamespace(namespace);
      element(xml, "code", failure.code());
      element(xml, "status", Integer.toString(failure.status()));
      element(xml, "detail", XmlText.of(failure.detail()));
      if (failure.field() != null) {
        element(xml, "field", XmlText.of(failure.field()));
      }
      element(xml, "instance", "urn:uuid:" + failure.instance());
      xml.writeEndElement();
      xml.writeEndElement();
    }
    xml.writeEndElement();
  }

  private static void end(RoutingContext context, Version version, int status, Content content) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      XMLStreamWriter xml = Wsdl.FACTORY.createXMLStreamWriter(out, StandardCharsets.UTF_8.name());
      xml.writeStartDocument("UTF-8", "1.0");
      xml.writeStartElement("s:Envelope");
      xml.writeNamespace("s", version.namespace());
      xml.writeNamespace("xsi", XmlValues.NIL_NAMESPACE);
      xml.writeStartElement("s:Body");
      content.write(xml);
      xml.writeEndElement();
      xml.writeEndElement();
      xml.writeEndDocument();
      xml.close();
    } catch (XMLStreamException impossible) {
      throw new IllegalStateException("it is written to memory", impossible);
    }
    Answers.end(context, status, version.type() + "; charset=utf-8", out.toByteArray());
  }
}
