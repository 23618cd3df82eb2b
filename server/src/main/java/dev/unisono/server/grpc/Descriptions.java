package dev.unisono.server.grpc;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.MethodDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.GenericDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import com.google.protobuf.TimestampProto;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/** The descriptions of all services of this server, as data. Immutable; safe for threads. */
final class Descriptions {
  /** The text of the records' service. */
  static final String RECORDS = "unisono.proto";

  private static final String HEALTH = "grpc/health/v1/health.proto";
  private static final String REFLECTION = "grpc/reflection/v1/reflection.proto";

  private final Map<String, FileDescriptor> files = new HashMap<>();
  private final Map<String, GenericDescriptor> symbols = new HashMap<>();
  private final List<String> services = new ArrayList<>();

  Descriptions() {
    add(TimestampProto.getDescriptor());
    read(RECORDS, text(RECORDS));
    read(HEALTH, text(HEALTH));
    String reflection = text(REFLECTION);
    read(REFLECTION, reflection);
    // The earlier version is the same under another name, and some clients know no other.
    read(
        REFLECTION.replace("/v1/", "/v1alpha/"),
        reflection.replace("package grpc.reflection.v1;", "package grpc.reflection.v1alpha;"));
  }

  /** A description as it is written. */
  static String text(String name) {
    try (InputStream in = Descriptions.class.getResourceAsStream("/" + name)) {
      return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  private void read(String name, String text) {
    FileDescriptorProto file = ProtoFile.read(name, text);
    FileDescriptor[] needed =
        file.getDependencyList().stream()
            .map(each -> Objects.requireNonNull(files.get(each)))
            .toArray(FileDescriptor[]::new);
    try {
      add(FileDescriptor.buildFrom(file, needed));
    } catch (DescriptorValidationException wrong) {
      throw new IllegalStateException("a description of ours is wrong", wrong);
    }
  }

  private void add(FileDescriptor file) {
    files.put(file.getName(), file);
    file.getMessageTypes().forEach(this::add);
    file.getEnumTypes().forEach(this::add);
    for (ServiceDescriptor service : file.getServices()) {
      services.add(service.getFullName());
      symbols.put(service.getFullName(), service);
      service.getMethods().forEach(method -> symbols.put(method.getFullName(), method));
    }
  }

  private void add(Descriptor message) {
    symbols.put(message.getFullName(), message);
    message.getFields().forEach(field -> symbols.put(field.getFullName(), field));
    message.getOneofs().forEach(oneof -> symbols.put(oneof.getFullName(), oneof));
    message.getNestedTypes().forEach(this::add);
    message.getEnumTypes().forEach(this::add);
  }

  private void add(EnumDescriptor enumeration) {
    symbols.put(enumeration.getFullName(), enumeration);
    enumeration.getValues().forEach(value -> symbols.put(value.getFullName(), value));
  }

  /** The whole names of all services. */
  List<String> services() {
    return services;
  }

  /** A file and all that it needs, each before what needs it, as data that stands for itself. */
  Optional<List<FileDescriptorProto>> file(String name) {
    return Optional.ofNullable(files.get(name)).map(Descriptions::whole);
  }

  /** The same of the file that has something of that whole name. */
  Optional<List<FileDescriptorProto>> symbol(String name) {
    return Optional.ofNullable(symbols.get(name)).map(symbol -> whole(symbol.getFile()));
  }

  /** Whether a message has that whole name. */
  boolean message(String name) {
    return symbols.get(name) instanceof Descriptor;
  }

  private static List<FileDescriptorProto> whole(FileDescriptor file) {
    Set<FileDescriptor> needed = new LinkedHashSet<>();
    need(file, needed);
    return needed.stream().map(Descriptions::resolved).toList();
  }

  private static void need(FileDescriptor file, Set<FileDescriptor> needed) {
    file.getDependencies().forEach(each -> need(each, needed));
    needed.add(file);
  }

  /** With the whole names of the types, which readers of such data look for. */
  private static FileDescriptorProto resolved(FileDescriptor file) {
    FileDescriptorProto.Builder resolved = file.toProto().toBuilder();
    for (Descriptor message : file.getMessageTypes()) {
      resolved.setMessageType(message.getIndex(), resolved(message));
    }
    for (ServiceDescriptor service : file.getServices()) {
      for (MethodDescriptor method : service.getMethods()) {
        MethodDescriptorProto.Builder types =
            resolved.getServiceBuilder(service.getIndex()).getMethodBuilder(method.getIndex());
        types
            .setInputType("." + method.getInputType().getFullName())
            .setOutputType("." + method.getOutputType().getFullName());
      }
    }
    return resolved.build();
  }

  private static DescriptorProto resolved(Descriptor message) {
    DescriptorProto.Builder resolved = message.toProto().toBuilder();
    for (FieldDescriptor field : message.getFields()) {
      FieldDescriptorProto.Builder type =
          resolved.getFieldBuilder(field.getIndex()).setType(field.getType().toProto());
      switch (field.getJavaType()) {
        case MESSAGE -> type.setTypeName("." + field.getMessageType().getFullName());
        case ENUM -> type.setTypeName("." + field.getEnumType().getFullName());
        default -> {
          // A scalar has no name.
        }
      }
    }
    for (Descriptor nested : message.getNestedTypes()) {
      resolved.setNestedType(nested.getIndex(), resolved(nested));
    }
    return resolved.build();
  }
}
