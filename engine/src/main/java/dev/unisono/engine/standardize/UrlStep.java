package dev.unisono.engine.standardize;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An address in the web as RFC 3986, section 6.2, has it normal: scheme and host small, the host in
 * ASCII, no default port, no dots in the path, percent signs only where they are needed. Immutable;
 * safe for threads.
 *
 * @param scheme put before an address that has none; null where such are left
 */
record UrlStep(@Nullable String scheme) implements Step {
  private static final int MOST_LETTERS = 8_000;
  static final Map<String, String> PORTS =
      Map.of("http", "80", "https", "443", "ftp", "21", "ws", "80", "wss", "443");
  private static final Pattern HOST_AND_PORT =
      Pattern.compile("(?:[\\p{L}\\p{N}\\p{M}-]+\\.){1,20}[\\p{L}\\p{N}\\p{M}-]+(?::\\d{1,5})?");
  private static final Pattern PATH = Pattern.compile("[/?#]");
  private static final Pattern AUTHORITY =
      Pattern.compile("(?:([^@]*)@)?(\\[[0-9A-Fa-f:.]+]|[^:\\[\\]@]*)(?::(\\d*))?");

  @Override
  public String apply(String text) {
    return text.length() > MOST_LETTERS ? text : AtRest.of(text, this::normal);
  }

  private String normal(String text) {
    String trimmed = Spaces.trimmed(text);
    if (scheme != null && hasNone(trimmed)) {
      trimmed = scheme + "://" + trimmed;
    }
    try {
      URI uri = new URI(trimmed);
      String named = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
      String authority = uri.getRawAuthority();
      String where =
          authority == null || !PORTS.containsKey(named) ? null : authority(authority, named);
      if (where == null) {
        return text;
      }
      String path = withoutDots(percents(uri.getRawPath()));
      return named
          + "://"
          + where
          + (path.isEmpty() ? "/" : path)
          + (uri.getRawQuery() == null ? "" : "?" + percents(uri.getRawQuery()))
          + (uri.getRawFragment() == null ? "" : "#" + percents(uri.getRawFragment()));
    } catch (URISyntaxException none) {
      return text;
    }
  }

  private static boolean hasNone(String address) {
    return HOST_AND_PORT.matcher(PATH.split(address, 2)[0]).matches();
  }

  private static @Nullable String authority(String authority, String scheme) {
    Matcher parts = AUTHORITY.matcher(authority);
    if (!parts.matches()) {
      return null;
    }
    String user = parts.group(1);
    String host = parts.group(2);
    String port = parts.group(3);
    String ascii = host.startsWith("[") ? host.toLowerCase(Locale.ROOT) : HostName.ascii(host);
    if (ascii == null) {
      return null;
    }
    boolean plain = port == null || port.isEmpty() || port.equals(PORTS.get(scheme));
    return (user == null ? "" : percents(user) + "@") + ascii + (plain ? "" : ":" + port);
  }

  /** Percent signs only for what needs them, with large letters. */
  private static String percents(String part) {
    StringBuilder out = new StringBuilder(part.length());
    for (int i = 0; i < part.length(); ) {
      int letter = part.codePointAt(i);
      if (letter == '%') {
        int coded = Integer.parseInt(part, i + 1, i + 3, 16);
        i += 3;
        if (isUnreserved(coded)) {
          out.append((char) coded);
        } else {
          percent(out, coded);
        }
        continue;
      }
      i += Character.charCount(letter);
      if (letter < 0x80) {
        out.append((char) letter);
      } else {
        for (byte one : Character.toString(letter).getBytes(StandardCharsets.UTF_8)) {
          percent(out, one & 0xFF);
        }
      }
    }
    return out.toString();
  }

  private static void percent(StringBuilder out, int coded) {
    out.append('%')
        .append(Character.toUpperCase(Character.forDigit(coded >> 4, 16)))
        .append(Character.toUpperCase(Character.forDigit(coded & 15, 16)));
  }

  private static boolean isUnreserved(int letter) {
    return letter < 0x80 && (Character.isLetterOrDigit(letter) || "-._~".indexOf(letter) >= 0);
  }

  /** RFC 3986, section 5.2.4, of a path that begins with a slash or is empty. */
  private static String withoutDots(String path) {
    if (path.isEmpty()) {
      return path;
    }
    List<String> kept = new ArrayList<>();
    String[] segments = path.substring(1).split("/", -1);
    for (int i = 0; i < segments.length; i++) {
      boolean last = i == segments.length - 1;
      switch (segments[i]) {
        case "." -> {
          if (last) {
            kept.add("");
          }
        }
        case ".." -> {
          if (!kept.isEmpty()) {
            kept.removeLast();
          }
          if (last) {
            kept.add("");
          }
        }
        default -> kept.add(segments[i]);
      }
    }
    return "/" + String.join("/", kept);
  }
}
