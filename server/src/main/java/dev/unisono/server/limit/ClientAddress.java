package dev.unisono.server.limit;

import dev.unisono.engine.config.AddressRange;
import dev.unisono.engine.config.LimitsConfig;
import dev.unisono.engine.config.LimitsConfig.ProxyHeader;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Where a request comes from: the other end of its connection, or, where that is a proxy we trust,
 * who it says: the last of those named that is none of the proxies, since what stands before it was
 * said by somebody we do not trust. Has no state.
 */
final class ClientAddress {
  /** Whoever has one address of this version has as many of that length. */
  private static final int BYTES_OF_A_NETWORK = 8;

  private ClientAddress() {}

  /**
   * The address that a request is counted for.
   *
   * @param peer the other end of the connection, as a literal
   * @param said the lines of the header that {@code config} names
   */
  static String of(String peer, List<String> said, LimitsConfig config) {
    if (config.trustedProxies().isEmpty() && peer.indexOf(':') < 0) {
      return peer;
    }
    InetAddress last = literal(peer);
    if (last == null) {
      return peer;
    }
    if (trusted(last, config)) {
      List<String> named = named(said, config.proxyHeader());
      for (int i = named.size() - 1; i >= 0; i--) {
        InetAddress before = literal(named.get(i));
        if (before == null) {
          break; // A proxy that hides it: what it hides is counted as one.
        }
        last = before;
        if (!trusted(before, config)) {
          break;
        }
      }
    }
    return counted(last);
  }

  private static boolean trusted(InetAddress address, LimitsConfig config) {
    for (AddressRange range : config.trustedProxies()) {
      if (range.contains(address)) {
        return true;
      }
    }
    return false;
  }

  private static List<String> named(List<String> lines, ProxyHeader header) {
    List<String> named = new ArrayList<>();
    for (String line : lines) {
      for (String element : line.split(",", -1)) {
        named.add(header == ProxyHeader.FORWARDED ? forwardedFor(element) : element.strip());
      }
    }
    return named;
  }

  /** RFC 7239, section 4: the value of {@code for}, without its quotes. */
  private static String forwardedFor(String element) {
    for (String pair : element.split(";", -1)) {
      String[] parts = pair.strip().split("=", 2);
      if (parts.length == 2 && parts[0].strip().toLowerCase(Locale.ROOT).equals("for")) {
        String value = parts[1].strip();
        return value.length() > 1 && value.startsWith("\"") && value.endsWith("\"")
            ? value.substring(1, value.length() - 1)
            : value;
      }
    }
    return "";
  }

  /** An address with a port or without, with brackets or without; never asks for a name. */
  private static @Nullable InetAddress literal(String text) {
    String address = text;
    int end = text.indexOf(']');
    if (text.startsWith("[") && end > 0) {
      address = text.substring(1, end);
    } else if (text.indexOf(':') >= 0 && text.indexOf(':') == text.lastIndexOf(':')) {
      address = text.substring(0, text.indexOf(':'));
    }
    try {
      return InetAddress.ofLiteral(address);
    } catch (IllegalArgumentException none) {
      return null;
    }
  }

  private static String counted(InetAddress address) {
    byte[] bytes = address.getAddress();
    if (bytes.length == 4) {
      return address.getHostAddress();
    }
    StringBuilder network = new StringBuilder();
    for (int i = 0; i < BYTES_OF_A_NETWORK; i += 2) {
      int group = ((bytes[i] & 0xFF) << 8) | (bytes[i + 1] & 0xFF);
      network.append(Integer.toHexString(group)).append(':');
    }
    return network.append(":/64").toString();
  }
}
