package dev.unisono.mariadb;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;

/** Forms of values that are the same whichever way they came. Has no state; safe for threads. */
final class Exact {
  private static final int GROUPS = 8;

  private Exact() {}

  /** The shortest number that is this single-precision one and no other. */
  static double ofSingle(float single) {
    return Double.parseDouble(Float.toString(single));
  }

  /** An address as MariaDB shows it, after RFC 5952: the longest run of zeros left out. */
  static String inet(byte[] bytes) {
    if (bytes.length != 2 * GROUPS) {
      return plain(bytes);
    }
    int[] groups = new int[GROUPS];
    for (int i = 0; i < GROUPS; i++) {
      groups[i] = ((bytes[2 * i] & 0xFF) << 8) | (bytes[2 * i + 1] & 0xFF);
    }
    int begin = 0;
    int length = 0;
    for (int i = 0; i < GROUPS; i++) {
      int end = i;
      while (end < GROUPS && groups[end] == 0) {
        end++;
      }
      if (end - i > length) {
        begin = i;
        length = end - i;
      }
    }
    if (length < 2) {
      return join(groups, 0, GROUPS);
    }
    // An address of the fourth version in one of the sixth.
    boolean mapped = begin == 0 && (length == 6 || (length == 5 && groups[5] == 0xFFFF));
    if (mapped) {
      byte[] last = {bytes[12], bytes[13], bytes[14], bytes[15]};
      return (length == 6 ? "::" : "::ffff:") + plain(last);
    }
    return join(groups, 0, begin) + "::" + join(groups, begin + length, GROUPS);
  }

  private static String join(int[] groups, int from, int to) {
    List<String> texts = new ArrayList<>();
    for (int i = from; i < to; i++) {
      texts.add(Integer.toHexString(groups[i]));
    }
    return String.join(":", texts);
  }

  private static String plain(byte[] bytes) {
    try {
      return InetAddress.getByAddress(bytes).getHostAddress();
    } catch (UnknownHostException wrongLength) {
      throw new IllegalArgumentException("not an address", wrongLength);
    }
  }
}
