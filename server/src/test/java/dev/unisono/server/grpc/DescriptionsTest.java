package dev.unisono.server.grpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What reflection tells is what the published texts say, and stands for itself. */
final class DescriptionsTest {
  private final Descriptions descriptions = new Descriptions();

  /** As a client makes it of what it is told, each file by those before it. */
  private static FileDescriptor built(List<FileDescriptorProto> files) throws Exception {
    List<FileDescriptor> before = new ArrayList<>();
    for (FileDescriptorProto file : files) {
      before.add(FileDescriptor.buildFrom(file, before.toArray(FileDescriptor[]::new)));
    }
    return before.getLast();
  }

  @Test
  void everyServiceIsDescribedWhole() throws Exception {
    assertEquals(
        List.of(
            "unisono.v1.Records",
            "grpc.health.v1.Health",
            "grpc.reflection.v1.ServerReflection",
            "grpc.reflection.v1alpha.ServerReflection"),
        descriptions.services());
    for (String service : descriptions.services()) {
      FileDescriptor file = built(descriptions.symbol(service).orElseThrow());
      String simple = service.substring(service.lastIndexOf('.') + 1);
      assertFalse(file.findServiceByName(simple).getMethods().isEmpty(), service);
    }
  }

  @Test
  void fieldsHaveTheKindsThatTheTextGivesThem() throws Exception {
    FileDescriptor file = built(descriptions.file("unisono.proto").orElseThrow());
    Descriptor event = file.findMessageTypeByName("Event");
    FieldDescriptor previous = event.findFieldByName("previous_key");
    assertTrue(previous.isMapField());
    assertEquals("unisono.v1.Event.PreviousKeyEntry", previous.getMessageType().getFullName());
    assertEquals(5, previous.getNumber());
    assertEquals(
        "google.protobuf.Timestamp", event.findFieldByName("time").getMessageType().getFullName());
    FieldDescriptor total = file.findMessageTypeByName("ListResponse").findFieldByName("total");
    assertTrue(total.hasPresence());
    assertTrue(total.toProto().getProto3Optional());
    Descriptor value = file.findMessageTypeByName("Value");
    assertEquals(13, value.getOneofs().getFirst().getFieldCount());
    assertTrue(file.findServiceByName("Records").findMethodByName("Subscribe").isServerStreaming());
    for (FieldDescriptorProto field : value.toProto().getFieldList()) {
      // Readers of such data look for whole names.
      assertTrue(field.hasType(), field.getName());
      assertTrue(!field.hasTypeName() || field.getTypeName().startsWith("."), field.getName());
    }
  }

  @Test
  void anythingWithANameIsFoundByIt() {
    for (String symbol :
        List.of(
            "unisono.v1.Records.Get",
            "unisono.v1.Value.kind",
            "unisono.v1.Record.FieldsEntry",
            "grpc.health.v1.HealthCheckResponse.ServingStatus",
            "google.protobuf.Timestamp")) {
      assertTrue(descriptions.symbol(symbol).isPresent(), symbol);
    }
    assertTrue(descriptions.symbol("unisono.v1.Nothing").isEmpty());
    assertTrue(descriptions.symbol("Records").isEmpty());
    assertTrue(descriptions.file("nothing.proto").isEmpty());
    assertTrue(descriptions.message("unisono.v1.Value"));
    assertFalse(descriptions.message("unisono.v1.Records"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "message A { string a = 1 }",
        "message A { string a = 1; ",
        "message A { reserved 4; }",
        "option go_package = \"x\";",
        "service A { option deprecated = true; }",
        "message A { string a = 1 [deprecated = true]; }",
        "?",
      })
  void whatIsNotKnownIsRefusedAndNotPassedBy(String text) {
    assertThrows(RuntimeException.class, () -> ProtoFile.read("a.proto", text));
  }
}
