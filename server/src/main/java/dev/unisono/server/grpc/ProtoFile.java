package dev.unisono.server.grpc;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumDescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumValueDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Label;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.MessageOptions;
import com.google.protobuf.DescriptorProtos.MethodDescriptorProto;
import com.google.protobuf.DescriptorProtos.OneofDescriptorProto;
import com.google.protobuf.DescriptorProtos.ServiceDescriptorProto;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads a description (proto3) as far as those of this server go, and refuses the rest: so that
 * what is published as text and what reflection tells are one, without a compiler for each platform
 * at each build. For one file and one thread.
 */
final class ProtoFile {
  private static final Pattern TOKEN =
      Pattern.compile(
          "(?:\\s|//[^\\n]*)*([A-Za-z_][A-Za-z0-9_.]*|[0-9]+|\"[^\"]*\"|[{}()<>=;,]|\\z)");

  private static final Map<String, FieldDescriptorProto.Type> SCALARS =
      Map.of(
          "bool", FieldDescriptorProto.Type.TYPE_BOOL,
          "bytes", FieldDescriptorProto.Type.TYPE_BYTES,
          "double", FieldDescriptorProto.Type.TYPE_DOUBLE,
          "int32", FieldDescriptorProto.Type.TYPE_INT32,
          "int64", FieldDescriptorProto.Type.TYPE_INT64,
          "string", FieldDescriptorProto.Type.TYPE_STRING);

  private final List<String> tokens = new ArrayList<>();
  private int at;

  private ProtoFile(String text) {
    Matcher token = TOKEN.matcher(text);
    int end = 0;
    while (end < text.length()) {
      if (!token.find(end) || token.start() != end) {
        throw new IllegalArgumentException("no description: " + text.substring(end));
      }
      tokens.add(token.group(1));
      end = token.end();
    }
  }

  /**
   * The description as data, in which types that are not scalars have the names that they have in
   * the text.
   *
   * @throws IllegalArgumentException where the text has what is not known here
   */
  static FileDescriptorProto read(String name, String text) {
    return new ProtoFile(text).file(name);
  }

  private String next() {
    return tokens.get(at++);
  }

  private boolean passed(String token) {
    if (tokens.get(at).equals(token)) {
      at++;
      return true;
    }
    return false;
  }

  private void pass(String... expected) {
    for (String token : expected) {
      if (!passed(token)) {
        throw unknown(tokens.get(at));
      }
    }
  }

  private static IllegalArgumentException unknown(String token) {
    return new IllegalArgumentException("no description has '" + token + "' there");
  }

  private String text() {
    String quoted = next();
    return quoted.substring(1, quoted.length() - 1);
  }

  private FileDescriptorProto file(String name) {
    FileDescriptorProto.Builder file = FileDescriptorProto.newBuilder().setName(name);
    while (at < tokens.size() && !tokens.get(at).isEmpty()) {
      String kind = next();
      switch (kind) {
        case "syntax" -> {
          pass("=");
          file.setSyntax(text());
          pass(";");
        }
        case "package" -> {
          file.setPackage(next());
          pass(";");
        }
        case "import" -> {
          file.addDependency(text());
          pass(";");
        }
        case "option" -> option(file);
        case "message" -> file.addMessageType(message());
        case "enum" -> file.addEnumType(enumeration());
        case "service" -> file.addService(service());
        default -> throw unknown(kind);
      }
    }
    return file.build();
  }

  private void option(FileDescriptorProto.Builder file) {
    String option = next();
    pass("=");
    switch (option) {
      case "java_package" -> file.getOptionsBuilder().setJavaPackage(text());
      case "java_multiple_files" ->
          file.getOptionsBuilder().setJavaMultipleFiles(next().equals("true"));
      default -> throw unknown(option);
    }
    pass(";");
  }

  private DescriptorProto message() {
    DescriptorProto.Builder message = DescriptorProto.newBuilder().setName(next());
    List<FieldDescriptorProto.Builder> optional = new ArrayList<>();
    pass("{");
    while (!passed("}")) {
      if (passed("message")) {
        message.addNestedType(message());
      } else if (passed("enum")) {
        message.addEnumType(enumeration());
      } else if (passed("oneof")) {
        oneof(message);
      } else if (passed("map")) {
        map(message);
      } else if (passed("repeated")) {
        message.addField(field(Label.LABEL_REPEATED));
      } else if (passed("optional")) {
        message.addField(field(Label.LABEL_OPTIONAL).setProto3Optional(true));
        optional.add(message.getFieldBuilder(message.getFieldCount() - 1));
      } else {
        message.addField(field(Label.LABEL_OPTIONAL));
      }
    }
    // As compilers have it: each alone in a choice of its own, behind those of the text.
    for (FieldDescriptorProto.Builder each : optional) {
      each.setOneofIndex(message.getOneofDeclCount());
      message.addOneofDecl(OneofDescriptorProto.newBuilder().setName("_" + each.getName()));
    }
    return message.build();
  }

  private void oneof(DescriptorProto.Builder message) {
    int index = message.getOneofDeclCount();
    message.addOneofDecl(OneofDescriptorProto.newBuilder().setName(next()));
    pass("{");
    while (!passed("}")) {
      message.addField(field(Label.LABEL_OPTIONAL).setOneofIndex(index));
    }
  }

  /** What a map is on the wire: entries of a type of its own. */
  private void map(DescriptorProto.Builder message) {
    pass("<");
    FieldDescriptorProto.Builder key = typed(next()).setName("key").setNumber(1);
    pass(",");
    FieldDescriptorProto.Builder value = typed(next()).setName("value").setNumber(2);
    pass(">");
    String name = next();
    String entry = entryName(name);
    message.addNestedType(
        DescriptorProto.newBuilder()
            .setName(entry)
            .addField(key)
            .addField(value)
            .setOptions(MessageOptions.newBuilder().setMapEntry(true)));
    message.addField(numbered(typed(entry).setName(name).setLabel(Label.LABEL_REPEATED)));
  }

  /** {@code previous_key} as {@code PreviousKeyEntry}. */
  private static String entryName(String field) {
    StringBuilder name = new StringBuilder();
    for (String word : field.split("_", -1)) {
      name.append(Character.toUpperCase(word.charAt(0))).append(word.substring(1));
    }
    return name.append("Entry").toString();
  }

  private FieldDescriptorProto.Builder field(Label label) {
    return numbered(typed(next()).setLabel(label).setName(next()));
  }

  private static FieldDescriptorProto.Builder typed(String type) {
    FieldDescriptorProto.Builder field =
        FieldDescriptorProto.newBuilder().setLabel(Label.LABEL_OPTIONAL);
    FieldDescriptorProto.Type scalar = SCALARS.get(type);
    return scalar == null ? field.setTypeName(type) : field.setType(scalar);
  }

  private FieldDescriptorProto.Builder numbered(FieldDescriptorProto.Builder field) {
    pass("=");
    field.setNumber(Integer.parseInt(next()));
    pass(";");
    return field;
  }

  private EnumDescriptorProto enumeration() {
    EnumDescriptorProto.Builder enumeration = EnumDescriptorProto.newBuilder().setName(next());
    pass("{");
    while (!passed("}")) {
      EnumValueDescriptorProto.Builder value =
          EnumValueDescriptorProto.newBuilder().setName(next());
      pass("=");
      enumeration.addValue(value.setNumber(Integer.parseInt(next())));
      pass(";");
    }
    return enumeration.build();
  }

  private ServiceDescriptorProto service() {
    ServiceDescriptorProto.Builder service = ServiceDescriptorProto.newBuilder().setName(next());
    pass("{");
    while (!passed("}")) {
      pass("rpc");
      MethodDescriptorProto.Builder method = MethodDescriptorProto.newBuilder().setName(next());
      pass("(");
      method.setClientStreaming(passed("stream")).setInputType(next());
      pass(")", "returns", "(");
      method.setServerStreaming(passed("stream")).setOutputType(next());
      pass(")", ";");
      service.addMethod(method);
    }
    return service.build();
  }
}
