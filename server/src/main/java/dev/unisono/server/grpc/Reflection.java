package dev.unisono.server.grpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import dev.unisono.server.access.Access;
import dev.unisono.server.grpc.Proto.Fields;
import dev.unisono.server.limit.Limits;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * What can be called here, for clients that have no description: gRPC's server reflection protocol,
 * version 1 and the one before. For callers we know, as the description itself is. Safe for
 * threads.
 */
final class Reflection {
  /** Names are what is sent. */
  private static final int MOST_BYTES = 16 << 10;

  /** The fields of a request, and of a response. */
  private static final int HOST = 1;

  private static final int FILE_BY_NAME = 3;
  private static final int FILE_OF_SYMBOL = 4;
  private static final int FILE_OF_EXTENSION = 5;
  private static final int EXTENSIONS_OF_TYPE = 6;
  private static final int LIST_SERVICES = 7;

  private static final int ORIGINAL_REQUEST = 2;
  private static final int FILES = 4;
  private static final int EXTENSIONS = 5;
  private static final int SERVICES = 6;
  private static final int ERROR = 7;

  private final Descriptions descriptions;
  private final Access access;
  private final Limits limits;

  Reflection(Descriptions descriptions, Access access, Limits limits) {
    this.descriptions = descriptions;
    this.access = access;
    this.limits = limits;
  }

  void mount(Router router) {
    for (String version : List.of("v1", "v1alpha")) {
      router.post("/grpc.reflection." + version + ".ServerReflection/:method").handler(this::call);
    }
  }

  private void call(RoutingContext context) {
    GrpcCall call = GrpcCall.begin(context, MOST_BYTES);
    if (call == null) {
      return;
    }
    GrpcRoutes.admitted(access, limits, context, call, _ -> begin(context, call));
  }

  private void begin(RoutingContext context, GrpcCall call) {
    if ("ServerReflectionInfo".equals(context.pathParam("method"))) {
      call.readEach(frame -> call.send(answer(call.plain(frame))));
    } else {
      call.end(GrpcCall.unknownMethod());
    }
  }

  /** What cannot be found is told by a message: the call goes on. */
  private byte[] answer(ByteString message) {
    Fields request = Fields.of(message);
    return Proto.message(out -> {
      Proto.text(out, HOST, request.text(HOST));
      out.writeBytes(ORIGINAL_REQUEST, message);
      if (request.has(FILE_BY_NAME)) {
        String name = request.text(FILE_BY_NAME);
        files(out, descriptions.file(name), "file " + name);
      } else if (request.has(FILE_OF_SYMBOL)) {
        String name = request.text(FILE_OF_SYMBOL);
        files(out, descriptions.symbol(name), "symbol " + name);
      } else if (request.has(FILE_OF_EXTENSION)) {
        Fields extension = Fields.of(request.bytes(FILE_OF_EXTENSION));
        error(
            out,
            GrpcStatus.NOT_FOUND,
            "There is no extension " + extension.number(2) + " of " + extension.text(1) + ".");
      } else if (request.has(EXTENSIONS_OF_TYPE)) {
        extensions(out, request.text(EXTENSIONS_OF_TYPE));
      } else if (request.has(LIST_SERVICES)) {
        services(out);
      } else {
        error(out, GrpcStatus.INVALID_ARGUMENT, "The request asks for nothing that is known.");
      }
    });
  }

  private static void files(
      CodedOutputStream out, Optional<List<FileDescriptorProto>> files, String what)
      throws IOException {
    if (files.isEmpty()) {
      error(out, GrpcStatus.NOT_FOUND, "There is no " + what + ".");
      return;
    }
    out.writeByteArray(
        FILES,
        Proto.message(inner -> {
          for (FileDescriptorProto each : files.get()) {
            inner.writeBytes(1, each.toByteString());
          }
        }));
  }

  /** Nothing here is extended. */
  private void extensions(CodedOutputStream out, String type) throws IOException {
    if (descriptions.message(type)) {
      out.writeByteArray(EXTENSIONS, Proto.message(inner -> Proto.text(inner, 1, type)));
    } else {
      error(out, GrpcStatus.NOT_FOUND, "There is no type " + type + ".");
    }
  }

  private void services(CodedOutputStream out) throws IOException {
    out.writeByteArray(
        SERVICES,
        Proto.message(list -> {
          for (String each : descriptions.services()) {
            list.writeByteArray(1, Proto.message(inner -> Proto.text(inner, 1, each)));
          }
        }));
  }

  private static void error(CodedOutputStream out, int code, String message) throws IOException {
    out.writeByteArray(
        ERROR,
        Proto.message(inner -> {
          inner.writeInt32(1, code);
          Proto.text(inner, 2, message);
        }));
  }
}
