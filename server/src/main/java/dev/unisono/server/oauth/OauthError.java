package dev.unisono.server.oauth;

import com.nimbusds.oauth2.sdk.ErrorObject;
import com.nimbusds.oauth2.sdk.OAuth2Error;
import com.nimbusds.oauth2.sdk.ParseException;

/** What is wrong with a request, as OAuth 2 tells it (RFC 6749, section 5.2). */
final class OauthError extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient ErrorObject error;

  OauthError(ErrorObject error, String description) {
    super(description, null, false, false);
    this.error = error.setDescription(description);
  }

  /** Of a message that is none. */
  static OauthError of(ParseException unreadable) {
    ErrorObject known = unreadable.getErrorObject();
    return new OauthError(
        known == null ? OAuth2Error.INVALID_REQUEST : known,
        printable(String.valueOf(unreadable.getMessage())));
  }

  /** The few letters that a description may have. */
  private static String printable(String text) {
    return text.replaceAll("[^\\x20-\\x21\\x23-\\x5B\\x5D-\\x7E]", "'");
  }

  ErrorObject error() {
    return error;
  }
}
