package dev.unisono.engine.config;

import dev.unisono.engine.config.Config.GraphqlLimits;
import dev.unisono.engine.config.Config.ServerConfig;
import dev.unisono.engine.config.Config.TlsConfig;
import java.net.InetAddress;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Reads where the doors listen, and how. Has no state. */
final class ServerReader {
  private static final String PLAIN = "allow-plain-http";
  private static final String CERTIFICATE = "certificate";
  private static final String KEY = "key";
  private static final String GENERATE = "generate";

  private ServerReader() {}

  /**
   * @param folder which paths in the file begin at
   */
  static ServerConfig read(YamlMap map, Path folder) {
    map.check(ConfigKeys.SERVER);
    Integer port = map.integer("port");
    if (port != null && (port < 1 || port > 65_535)) {
      map.note("port", "out-of-range", port + " is no port.", "Choose one from 1 to 65535.");
    }
    String host = map.text("host", "127.0.0.1");
    TlsConfig tls = map.isNull("tls") ? null : tls(map.map("tls"), folder);
    if (map.isNull("tls") && !map.flag(PLAIN, false) && !thisMachine(host)) {
      map.note(
          "host",
          "plain-http",
          "At " + host + " others could read the tokens and records of all who call.",
          "Add tls: { generate: true } or a certificate; or allow-plain-http: true, where a proxy"
              + " speaks TLS.");
    }
    return new ServerConfig(
        host, port == null ? 8080 : port, tls, graphql(map.optionalMap("graphql")));
  }

  /** Whether nobody else reaches an address; a name that would have to be looked up is none. */
  private static boolean thisMachine(String host) {
    if (host.equalsIgnoreCase("localhost")) {
      return true;
    }
    try {
      return InetAddress.ofLiteral(host).isLoopbackAddress();
    } catch (IllegalArgumentException name) {
      return false;
    }
  }

  private static TlsConfig tls(YamlMap map, Path folder) {
    map.check(ConfigKeys.TLS);
    Path certificate = file(map, CERTIFICATE, folder);
    Path key = file(map, KEY, folder);
    Path authorities = file(map, "client-authorities", folder);
    boolean generate = map.flag(GENERATE, false);
    if (generate == (certificate != null || key != null)
        || (certificate == null) != (key == null)) {
      map.note(
          map.node(),
          null,
          "tls-incomplete",
          "TLS takes a certificate and its key, or generate: true.",
          "Name both files, or let one be made.");
    } else if (certificate != null && key != null) {
      TlsFiles.checkPair(map, CERTIFICATE, certificate, KEY, key);
    }
    if (authorities != null) {
      TlsFiles.checkCertificates(map, "client-authorities", authorities);
    }
    return new TlsConfig(certificate, key, authorities);
  }

  private static @Nullable Path file(YamlMap map, String key, Path folder) {
    String text = map.text(key);
    return text == null ? null : folder.resolve(text);
  }

  private static GraphqlLimits graphql(YamlMap map) {
    map.check(ConfigKeys.GRAPHQL);
    return new GraphqlLimits(
        map.inRange(ConfigKeys.GRAPHQL_DEPTH, 1, 100),
        map.inRange(ConfigKeys.GRAPHQL_COST, 1, 10_000_000),
        map.inRange(ConfigKeys.GRAPHQL_ALIASES, 0, 10_000),
        map.inRange(ConfigKeys.GRAPHQL_DIRECTIVES, 0, 10_000),
        map.inRange(ConfigKeys.GRAPHQL_TOKENS, 10, 100_000));
  }
}
