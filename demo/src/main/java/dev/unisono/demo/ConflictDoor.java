package dev.unisono.demo;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.util.HexFormat;
import java.util.Map;

/**
 * The demo's own door, by which the server passes on that somebody on the page asks for a conflict.
 * The server has asked who that is; here counts the path, which is secret. On loopback only, one
 * request at a time.
 *
 * <p>It is no row and no file that the demo looks for: a row would be one more change among those
 * that the visitor watches, and neither has an answer, but the page is to say what was edited
 * where, or why nothing was.
 */
final class ConflictDoor implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final CrossingEdits edits;
  private final String path;
  private final HttpServer listener;

  private ConflictDoor(CrossingEdits edits, String path, HttpServer listener) {
    this.edits = edits;
    this.path = path;
    this.listener = listener;
  }

  static ConflictDoor open(CrossingEdits edits) {
    byte[] secret = new byte[16];
    new SecureRandom().nextBytes(secret);
    try {
      InetSocketAddress anyPort = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
      ConflictDoor door =
          new ConflictDoor(
              edits, "/" + HexFormat.of().formatHex(secret), HttpServer.create(anyPort, 8));
      door.listener.createContext("/", door::answer);
      door.listener.start();
      return door;
    } catch (IOException failed) {
      throw new UncheckedIOException("cannot listen on loopback", failed);
    }
  }

  String url() {
    return "http://127.0.0.1:" + listener.getAddress().getPort() + path;
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      if (!exchange.getRequestMethod().equals("POST")
          || !exchange.getRequestURI().getPath().equals(path)) {
        exchange.sendResponseHeaders(404, -1);
        return;
      }
      int status = 200;
      byte[] body;
      try {
        body = bytes(edits.make());
      } catch (SQLException failed) {
        status = 503;
        body = bytes(Map.of("message", String.valueOf(failed.getMessage())));
      }
      exchange.sendResponseHeaders(status, body.length);
      exchange.getResponseBody().write(body);
    }
  }

  private static byte[] bytes(Object value) throws JsonProcessingException {
    return JSON.writeValueAsBytes(value);
  }

  @Override
  public void close() {
    listener.stop(0);
  }
}
