package dev.unisono.systemtests;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Somebody who is sent webhooks, and answers as a test wants. Safe for threads. */
final class HookEndpoint implements AutoCloseable {
  /**
   * One request.
   *
   * @param status what it was answered with
   */
  record Request(
      String id, String timestamp, String signature, String type, String body, int status) {}

  /** What is answered. */
  interface Answer {
    int status(HttpExchange exchange, String body);
  }

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final List<Request> requests = new ArrayList<>();
  private volatile Answer answer = (_, _) -> 204;

  /** Listens on an address of this machine that is not the usual one. */
  HookEndpoint(String address) throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getByName(address), 0), 64);
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  String url() {
    InetSocketAddress address = server.getAddress();
    return "http://" + address.getAddress().getHostAddress() + ":" + address.getPort() + "/hook";
  }

  int port() {
    return server.getAddress().getPort();
  }

  void answers(Answer other) {
    answer = other;
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      int status = answer.status(exchange, body);
      // Noted before it is answered: what the sender takes for delivered was received.
      synchronized (requests) {
        requests.add(
            new Request(
                header(exchange, "webhook-id"),
                header(exchange, "webhook-timestamp"),
                header(exchange, "webhook-signature"),
                header(exchange, "Content-Type"),
                body,
                status));
      }
      exchange.sendResponseHeaders(status, -1);
    }
  }

  private static String header(HttpExchange exchange, String name) {
    return String.valueOf(exchange.getRequestHeaders().getFirst(name));
  }

  List<Request> requests() {
    synchronized (requests) {
      return List.copyOf(requests);
    }
  }

  void forget() {
    synchronized (requests) {
      requests.clear();
    }
  }

  /** Whether a request was signed by a secret, as Standard Webhooks 1.0 has it. */
  static boolean signed(Request request, String secret) throws Exception {
    Mac mac = Mac.getInstance("HmacSHA256");
    byte[] key = Base64.getDecoder().decode(secret.substring("whsec_".length()));
    mac.init(new SecretKeySpec(key, "HmacSHA256"));
    String signed = request.id() + "." + request.timestamp() + "." + request.body();
    String code =
        Base64.getEncoder().encodeToString(mac.doFinal(signed.getBytes(StandardCharsets.UTF_8)));
    return List.of(request.signature().split(" ", -1)).contains("v1," + code);
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
