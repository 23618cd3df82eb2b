package dev.unisono.webhook;

import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.UnisonoException;

/** Why a delivery is not taken. None tells anything of its content. Has no state. */
final class Problems {
  private Problems() {}

  static UnisonoException badSignature(String why) {
    return new UnisonoException(
        new Problem(
            "bad-signature",
            ProblemType.USER,
            "The delivery is not signed as this system's are: " + why + ".",
            null,
            "Compare the secret, and the clock, of both sides."));
  }

  static UnisonoException badDelivery(String why) {
    return new UnisonoException(
        new Problem(
            "bad-delivery",
            ProblemType.USER,
            "The delivery cannot be read: " + why + ".",
            null,
            ""));
  }

  static UnisonoException unmapped(String why) {
    return new UnisonoException(
        new Problem(
            "unmapped-delivery",
            ProblemType.USER,
            "Nothing here takes this delivery: " + why + ".",
            null,
            "Do not send it, or name it as the table of a member."));
  }

  static UnisonoException notRunning(String system) {
    return new UnisonoException(
        new Problem(
            "not-receiving",
            ProblemType.TRANSIENT,
            system + " is not read at the moment.",
            "systems." + system,
            "Send it again later."));
  }

  static UnisonoException busy() {
    return new UnisonoException(
        new Problem(
            "receive-timeout",
            ProblemType.TRANSIENT,
            "The delivery could not be made durable in time.",
            null,
            "Send it again later, under the same id."));
  }
}
