package dev.unisono.server.grpc;

import com.google.protobuf.Any;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import com.google.rpc.Status;
import dev.unisono.engine.validate.Finding;
import dev.unisono.server.operation.Failure;
import io.vertx.core.MultiMap;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;

/**
 * How a call ended, as its trailers say it: a code of gRPC's, a message, and google.rpc's details.
 * Has no state.
 */
final class GrpcStatus {
  static final int OK = 0;
  static final int INVALID_ARGUMENT = 3;
  static final int DEADLINE_EXCEEDED = 4;
  static final int NOT_FOUND = 5;
  static final int ALREADY_EXISTS = 6;
  static final int PERMISSION_DENIED = 7;
  static final int RESOURCE_EXHAUSTED = 8;
  static final int FAILED_PRECONDITION = 9;
  static final int ABORTED = 10;
  static final int OUT_OF_RANGE = 11;
  static final int UNIMPLEMENTED = 12;
  static final int INTERNAL = 13;
  static final int UNAVAILABLE = 14;
  static final int UNAUTHENTICATED = 16;

  private static final String DOMAIN = "unisono.dev";

  private GrpcStatus() {}

  /** The code of a failure, by its status at other doors. */
  static int of(Failure failure) {
    return switch (failure.status()) {
      case 202, 405, 412 -> FAILED_PRECONDITION;
      case 401 -> UNAUTHENTICATED;
      case 403 -> PERMISSION_DENIED;
      case 404 -> NOT_FOUND;
      case 409 -> failure.code().equals("exists") ? ALREADY_EXISTS : ABORTED;
      case 410 -> failure.code().equals("gap") ? OUT_OF_RANGE : NOT_FOUND;
      case 413, 429, 507 -> RESOURCE_EXHAUSTED;
      case 501 -> UNIMPLEMENTED;
      case 503 -> UNAVAILABLE;
      case 504 -> DEADLINE_EXCEEDED;
      // So says gRPC of a message whose flag and headers do not agree.
      case 400 -> failure.code().equals("unannounced-compression") ? INTERNAL : INVALID_ARGUMENT;
      default -> failure.status() >= 500 ? INTERNAL : INVALID_ARGUMENT;
    };
  }

  static void write(MultiMap trailers, Failure failure) {
    write(trailers, of(failure), failure);
  }

  static void write(MultiMap trailers, int code, Failure failure) {
    ErrorInfo.Builder info =
        ErrorInfo.newBuilder()
            .setReason(failure.code())
            .setDomain(DOMAIN)
            .putMetadata("status", Integer.toString(failure.status()))
            .putMetadata("instance", "urn:uuid:" + failure.instance());
    if (failure.field() != null) {
      info.putMetadata("field", whole(failure.field()));
    }
    Status.Builder status =
        Status.newBuilder()
            .setCode(code)
            .setMessage(whole(failure.detail()))
            .addDetails(Any.pack(info.build()));
    if (!failure.findings().isEmpty()) {
      BadRequest.Builder violations = BadRequest.newBuilder();
      for (Finding finding : failure.findings()) {
        violations.addFieldViolations(
            BadRequest.FieldViolation.newBuilder()
                .setField(whole(finding.path()))
                .setReason(finding.code())
                .setDescription(whole(finding.message())));
      }
      status.addDetails(Any.pack(violations.build()));
    }
    Duration retryAfter = failure.retryAfter();
    if (retryAfter != null) {
      status.addDetails(
          Any.pack(
              RetryInfo.newBuilder()
                  .setRetryDelay(
                      com.google.protobuf.Duration.newBuilder()
                          .setSeconds(retryAfter.getSeconds())
                          .setNanos(retryAfter.getNano()))
                  .build()));
    }
    write(trailers, code, failure.detail());
    trailers.set(
        "grpc-status-details-bin",
        Base64.getEncoder().withoutPadding().encodeToString(status.build().toByteArray()));
  }

  static void write(MultiMap trailers, int code, String message) {
    trailers.set("grpc-status", Integer.toString(code));
    if (!message.isEmpty()) {
      trailers.set("grpc-message", encoded(message));
    }
  }

  /** What a caller sent may hold halves of characters, which have no UTF-8. */
  private static String whole(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
  }

  /** Percent-encoded, as gRPC over HTTP/2 has it. */
  private static String encoded(String message) {
    StringBuilder encoded = new StringBuilder();
    for (byte each : message.getBytes(StandardCharsets.UTF_8)) {
      if (each >= 0x20 && each <= 0x7E && each != '%') {
        encoded.append((char) each);
      } else {
        encoded.append(String.format("%%%02X", each & 0xFF));
      }
    }
    return encoded.toString();
  }
}
