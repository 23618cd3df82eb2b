package dev.unisono.server.access;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.access.AccessPolicy;
import dev.unisono.engine.access.MaskKey;
import dev.unisono.engine.state.DoorsDatabase;
import dev.unisono.server.operation.Caller;
import dev.unisono.server.operation.Refusal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.commons.codec.binary.Base32;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** People: how they come in, by what, and what ends that. */
final class SignInTest {
  private static final String PASSWORD = "lamp river seventeen";
  private static final String ADDRESS = "10.0.0.1";

  @SuppressWarnings("NullAway.Init") // by JUnit
  @TempDir
  private Path folder;

  private final AtomicReference<Instant> now =
      new AtomicReference<>(Instant.parse("2026-01-02T03:04:05Z"));
  private final List<Audit.Event> told = new ArrayList<>();
  private final Passwords passwords = new Passwords(PasswordsTest.CHEAP, 1);

  @SuppressWarnings("NullAway.Init") // before each test
  private DoorsDatabase database;

  @SuppressWarnings("NullAway.Init") // before each test
  private Access access;

  @BeforeEach
  void open() {
    database = DoorsDatabase.open(folder);
    access = opened(passwords);
  }

  private Access opened(Passwords by) {
    return Access.open(folder, database, () -> AccessPolicy.NONE, told::add, by, now::get);
  }

  @AfterEach
  void close() {
    database.close();
  }

  private void pass(Duration time) {
    now.updateAndGet(before -> before.plus(time));
  }

  private static Users.Wanted viewer(boolean disabled) {
    return new Users.Wanted(
        "Ada King", new TreeSet<>(Set.of("viewer")), Map.of(), Caller.STANDARD, disabled);
  }

  private void ada() throws InterruptedException {
    access.setUp(access.users().create("ada", viewer(false)), PASSWORD, ADDRESS);
  }

  private String signIn(String user, String password, @Nullable String code) throws Exception {
    return access.signIn(new SignIn.Shown(user, password, code, null), ADDRESS);
  }

  /** What becomes of an attempt. */
  private String outcome(String user, String password, @Nullable String code) throws Exception {
    try {
      signIn(user, password, code);
      return "in";
    } catch (Refusal refused) {
      return refused.status() + " " + refused.code();
    } catch (SignIn.Locked locked) {
      return "429 after " + locked.seconds() + " s";
    }
  }

  private int sessions() {
    return (int) access.sessions().stream().filter(one -> one.caller().equals("user:ada")).count();
  }

  private Caller caller() throws Exception {
    signIn("ada", PASSWORD, null);
    return present();
  }

  /** Ada as a request of hers is known. */
  private Caller present() {
    Principal principal = access.users().present("ada").orElseThrow();
    return principal
        .caller(AccessPolicy.NONE, new MaskKey(new byte[32]), Caller.Standing.LASTING)
        .from(ADDRESS);
  }

  private List<String> kinds(String actor) {
    return told.stream()
        .filter(event -> event.actor().equals(actor))
        .map(event -> event.kind().label() + " " + event.action() + " " + event.allowed())
        .toList();
  }

  @Test
  void aPersonChoosesAPasswordByACodeOnce() throws Exception {
    String code = access.users().create("Ada", viewer(false));
    assertEquals("401 wrong-credentials", outcome("ada", PASSWORD, null));
    for (String weak : List.of("short", "ada king", "Administrator")) {
      assertEquals(
          "weak-password",
          assertThrows(Refusal.class, () -> access.setUp(code, weak, ADDRESS)).code());
    }
    access.setUp(code, PASSWORD, ADDRESS);
    assertEquals(
        "link-used",
        assertThrows(Refusal.class, () -> access.setUp(code, PASSWORD + "!", ADDRESS)).code());
    assertEquals("in", outcome(" ADA ", PASSWORD, null));
    assertEquals("401 wrong-credentials", outcome("ada", PASSWORD + "!", null));
    String late = access.users().create("bob", viewer(false));
    pass(Users.SET_UP_LIFETIME);
    assertEquals(
        "link-used",
        assertThrows(Refusal.class, () -> access.setUp(late, PASSWORD, ADDRESS)).code());
  }

  @Test
  void namesAreOfTheirForm() {
    for (String name : List.of("", "a b", "-a", "a/b", "user:a", "x".repeat(101))) {
      assertEquals(
          "bad-name",
          assertThrows(Refusal.class, () -> access.users().create(name, viewer(false))).code());
    }
    access.users().create("ada.king+x@example.org", viewer(false));
    assertEquals(
        "exists",
        assertThrows(
                Refusal.class, () -> access.users().create("ADA.KING+x@example.org", viewer(true)))
            .code());
  }

  @Test
  void whoIsNotThereIsRefusedAsWhoIsAfterTheSameWork() throws Exception {
    ada();
    access.users().create("carl", viewer(false));
    access.setUp(access.users().create("dora", viewer(false)), PASSWORD, ADDRESS);
    access.users().change("dora", viewer(true));
    for (String name : List.of("ada", "nobody", "carl", "dora", "Not A Name!")) {
      long before = passwords.computed();
      Refusal refused = assertThrows(Refusal.class, () -> signIn(name, "wrong password", null));
      assertEquals("wrong-credentials", refused.code());
      assertEquals(1, passwords.computed() - before, name);
    }
    assertEquals("401 wrong-credentials", outcome("dora", PASSWORD, null));
  }

  @Test
  void whoIsLockedIsNotLookedAtAndComesInLater() throws Exception {
    ada();
    for (int i = 0; i < SignInThrottle.FREE_OF_NAME; i++) {
      assertEquals("401 wrong-credentials", outcome("ada", "wrong password", null));
      assertEquals("401 wrong-credentials", outcome("nobody", "wrong password", null));
    }
    long before = passwords.computed();
    assertEquals("429 after 30 s", outcome("ada", PASSWORD, null));
    assertEquals("429 after 30 s", outcome("nobody", PASSWORD, null));
    assertEquals(before, passwords.computed());
    assertEquals(1, access.signIns().locked());
    assertEquals(2 * SignInThrottle.FREE_OF_NAME + 2, access.signIns().failures());
    assertEquals(
        List.of("suspicious sign-in false"),
        kinds("user:ada").stream().filter(kind -> kind.startsWith("suspicious")).toList());
    access = opened(passwords);
    assertEquals("429 after 30 s", outcome("ada", PASSWORD, null));
    pass(SignInThrottle.FIRST_WAIT);
    assertEquals("in", outcome("ada", PASSWORD, null));
    assertEquals(0, access.signIns().locked());
  }

  @Test
  void whatIsTypedInTheWrongPlaceIsNotKept() throws Exception {
    assertEquals("401 wrong-credentials", outcome(PASSWORD, "x", null));
    for (int i = 0; i < 10; i++) {
      outcome(PASSWORD, "y", null);
    }
    assertFalse(told.toString().contains(PASSWORD), told::toString);
    assertTrue(told.stream().allMatch(event -> ADDRESS.equals(event.address())), told::toString);
  }

  @Test
  void sessionsEndWithWhatTheyWereMadeBy() throws Exception {
    ada();
    signIn("ada", PASSWORD, null);
    signIn("ada", PASSWORD, null);
    assertEquals(2, sessions());
    access.users().change("ada", viewer(false));
    assertEquals(2, sessions());
    access.users().change("ada", viewer(true));
    assertEquals(0, sessions());
    access.users().change("ada", viewer(false));
    assertEquals(0, sessions(), "who was signed out stays so");
    Caller caller = caller();
    String link = access.newSignInCode(Caller.ADMIN);
    access.changePassword(caller, PASSWORD, "another one of these");
    assertEquals(1, sessions(), "the one that was given for it");
    assertTrue(access.signIn(link, null).isPresent());
    assertEquals("401 wrong-credentials", outcome("ada", PASSWORD, null));
    String code = access.users().reset("ada", false);
    assertEquals(0, sessions());
    assertEquals("401 wrong-credentials", outcome("ada", "another one of these", null));
    access.setUp(code, PASSWORD, ADDRESS);
    assertEquals("in", outcome("ada", PASSWORD, null));
    access.users().remove("ada");
    assertEquals(0, sessions());
    ada();
    assertEquals(0, sessions(), "another of that name");
  }

  @Test
  void whoChangesAPasswordKnowsTheOneBefore() throws Exception {
    ada();
    Caller caller = caller();
    assertEquals(
        "wrong-credentials",
        assertThrows(
                Refusal.class, () -> access.changePassword(caller, "wrong", "another of these"))
            .code());
    assertEquals(
        "weak-password",
        assertThrows(Refusal.class, () -> access.changePassword(caller, PASSWORD, "weak")).code());
    assertEquals(
        "not-a-user",
        assertThrows(
                Refusal.class,
                () -> access.changePassword(Caller.ADMIN, PASSWORD, "another of these"))
            .code());
  }

  @Test
  void aPasswordIsKeptByTheCostsOfToday() throws Exception {
    ada();
    Passwords dearer = new Passwords(new Passwords.Parameters(128, 2, 1), 1);
    access = opened(dearer);
    assertEquals("in", outcome("ada", PASSWORD, null));
    assertEquals(2, dearer.computed(), "compared, and kept anew");
    assertEquals("in", outcome("ada", PASSWORD, null));
    assertEquals(3, dearer.computed());
  }

  /** Takes a second factor; gives its secret and the recovery codes. */
  private List<String> secondFactor(Caller caller) throws Exception {
    List<String> offered = access.offerSecondFactor(caller, PASSWORD);
    assertEquals("in", outcome("ada", PASSWORD, null), "it does not count before it is confirmed");
    assertEquals(
        "wrong-credentials",
        assertThrows(Refusal.class, () -> access.confirmSecondFactor(caller, "000000")).code());
    List<String> result = new ArrayList<>(List.of(offered.getFirst()));
    result.addAll(access.confirmSecondFactor(caller, shown(offered.getFirst())));
    return result;
  }

  private String shown(String secret) {
    return OneTimePasswords.at(new Base32().decode(secret), now.get());
  }

  @Test
  void aSecondFactorIsAskedForOnceItIsConfirmed() throws Exception {
    ada();
    Caller caller = caller();
    List<String> codes = secondFactor(caller);
    String secret = codes.getFirst();
    assertEquals("401 wrong-credentials", outcome("ada", "wrong password", null));
    assertEquals("401 wrong-credentials", outcome("ada", "wrong password", shown(secret)));
    assertEquals("401 second-factor-needed", outcome("ada", PASSWORD, null));
    // The one by which it was confirmed was used.
    assertEquals("401 wrong-credentials", outcome("ada", PASSWORD, shown(secret)));
    pass(Duration.ofSeconds(30));
    assertEquals("in", outcome("ada", PASSWORD, shown(secret)));
    assertEquals("401 wrong-credentials", outcome("ada", PASSWORD, shown(secret)), "each once");
    pass(Duration.ofSeconds(30));
    assertEquals("in", outcome("ada", PASSWORD, shown(secret)));
    access.removeSecondFactor(caller, PASSWORD);
    assertEquals("in", outcome("ada", PASSWORD, null));
  }

  @Test
  void codesAreNotGuessed() throws Exception {
    ada();
    String secret = secondFactor(caller()).getFirst();
    pass(Duration.ofSeconds(30));
    int looked = 0;
    while (outcome("ada", PASSWORD, "00000" + looked % 10).startsWith("401")) {
      looked++;
    }
    assertEquals(SignInThrottle.FREE_OF_NAME, looked);
    assertTrue(outcome("ada", PASSWORD, shown(secret)).startsWith("429"));
  }

  @Test
  void aRecoveryCodeStandsForACodeOnce() throws Exception {
    ada();
    Caller caller = caller();
    List<String> codes = secondFactor(caller);
    assertEquals(11, codes.size());
    String code = codes.get(3);
    SignIn.Shown shown = new SignIn.Shown("ada", PASSWORD, null, code);
    assertFalse(access.signIn(shown, ADDRESS).isEmpty());
    assertEquals(9, access.users().get("ada").recoveryCodes());
    assertThrows(Refusal.class, () -> access.signIn(shown, ADDRESS));
    List<String> others = access.newRecoveryCodes(caller, PASSWORD);
    assertEquals(10, access.users().get("ada").recoveryCodes());
    assertThrows(
        Refusal.class,
        () -> access.signIn(new SignIn.Shown("ada", PASSWORD, null, codes.get(4)), ADDRESS));
    assertFalse(
        access
            .signIn(new SignIn.Shown("ada", PASSWORD, null, others.getFirst()), ADDRESS)
            .isEmpty());
  }

  @Test
  void anAdministratorTakesALostFactorAway() throws Exception {
    ada();
    secondFactor(caller());
    access.setUp(access.users().reset("ada", false), PASSWORD, ADDRESS);
    assertEquals("401 second-factor-needed", outcome("ada", PASSWORD, null));
    access.setUp(access.users().reset("ada", true), PASSWORD, ADDRESS);
    assertEquals("in", outcome("ada", PASSWORD, null));
  }

  @Test
  void whoMustHaveASecondFactorMayDoNothingBefore() {
    Users users = new Users(database, now::get, roles -> roles.contains("viewer"));
    users.create("eve", viewer(false));
    assertEquals(Set.of(), users.present("eve").orElseThrow().subject().roles());
    assertTrue(users.lacksSecondFactor(users.get("eve")));
    byte[] secret = users.offerFactor("eve");
    assertTrue(users.confirmFactor("eve", OneTimePasswords.at(secret, now.get())).isPresent());
    assertEquals(Set.of("viewer"), users.present("eve").orElseThrow().subject().roles());
  }

  @Test
  void allIsToldAndNothingSecret() throws Exception {
    String code = access.users().create("ada", viewer(false));
    access.setUp(code, PASSWORD, ADDRESS);
    outcome("ada", "wrong password", null);
    Caller caller = caller();
    List<String> codes = secondFactor(caller);
    String session = access.changePassword(caller, PASSWORD, "another one of these");
    access.admit("Bearer " + Files.readString(folder.resolve(AdminToken.FILE)).strip());
    assertThrows(Refusal.class, () -> access.admit("Bearer uni_wrong_token", ADDRESS));
    assertEquals(
        List.of(
            "access user.password true",
            "sign-in sign-in false",
            "sign-in sign-in true",
            "sign-in sign-in true",
            "sign-in confirm false",
            "access user.second-factor true",
            "access user.password true"),
        kinds("user:ada"));
    assertEquals(List.of("sign-in token false"), kinds(""));
    database.close();
    String kept = told.toString();
    for (String name : new String[] {"doors.db", "doors.db-wal"}) {
      Path file = folder.resolve(name);
      kept += Files.exists(file) ? Files.readString(file, StandardCharsets.ISO_8859_1) : "";
    }
    List<String> secrets = new ArrayList<>(codes);
    secrets.addAll(List.of(code, PASSWORD, "another one of these", session, "uni_wrong_token"));
    for (String secret : secrets) {
      assertFalse(kept.contains(secret), secret);
      assertFalse(kept.contains(secret.replace("-", "")), secret);
    }
    database = DoorsDatabase.open(folder);
  }
}
