package dev.unisono.engine.validate;

import com.networknt.org.apache.commons.validator.routines.DomainValidator;
import com.networknt.org.apache.commons.validator.routines.DomainValidator.ArrayType;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The e-mail addresses that nearly all are: atoms with single dots between (RFC 5321, section
 * 4.1.2), then a domain of several labels that ends in one of those that the library knows. Of
 * other texts it says nothing. Has no state; safe for threads.
 */
final class PlainAddress {
  private static final int LONGEST_LOCAL_PART = 64;
  private static final int LONGEST_DOMAIN = 253;
  private static final int LONGEST_LABEL = 63;

  private static final boolean[] ATOM = of("!#$%&'*+-/=?^_`{|}~");
  private static final boolean[] LABEL = of("-");
  private static final Set<String> TOP_LABELS = topLabels();

  private PlainAddress() {}

  private static boolean[] of(String others) {
    boolean[] characters = new boolean[128];
    for (char character = 0; character < characters.length; character++) {
      characters[character] =
          (character >= '0' && character <= '9')
              || (character >= 'A' && character <= 'Z')
              || (character >= 'a' && character <= 'z')
              || others.indexOf(character) >= 0;
    }
    return characters;
  }

  private static Set<String> topLabels() {
    Set<String> labels = new HashSet<>();
    for (ArrayType known :
        List.of(ArrayType.GENERIC_RO, ArrayType.COUNTRY_CODE_RO, ArrayType.INFRASTRUCTURE_RO)) {
      Collections.addAll(labels, DomainValidator.getTLDEntries(known));
    }
    return labels;
  }

  /** True where a text surely is an address; false where somebody else has to say. */
  static boolean is(String text) {
    int at = text.indexOf('@');
    return at > 0
        && at <= LONGEST_LOCAL_PART
        && text.length() - at - 1 <= LONGEST_DOMAIN
        && parts(ATOM, LONGEST_LOCAL_PART, text, 0, at)
        && isDomain(text, at + 1);
  }

  private static boolean isDomain(String text, int from) {
    int dot = text.lastIndexOf('.');
    return dot > from
        && parts(LABEL, LONGEST_LABEL, text, from, text.length())
        && noHyphenAtAnEnd(text, from)
        && TOP_LABELS.contains(text.substring(dot + 1));
  }

  /** True where there are only these characters, and single dots between some of them. */
  private static boolean parts(boolean[] characters, int longest, String text, int from, int to) {
    int begin = from;
    for (int i = from; i <= to; i++) {
      if (i == to || text.charAt(i) == '.') {
        if (i == begin || i - begin > longest) {
          return false;
        }
        begin = i + 1;
      } else if (text.charAt(i) >= characters.length || !characters[text.charAt(i)]) {
        return false;
      }
    }
    return true;
  }

  private static boolean noHyphenAtAnEnd(String text, int from) {
    for (int i = text.indexOf('-', from); i >= 0; i = text.indexOf('-', i + 1)) {
      if (i == from
          || i == text.length() - 1
          || text.charAt(i - 1) == '.'
          || text.charAt(i + 1) == '.') {
        return false;
      }
    }
    return true;
  }
}
