package dev.unisono.server.access;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.unisono.engine.access.AccessPolicy;
import dev.unisono.engine.access.Role;
import dev.unisono.engine.access.Scope;
import dev.unisono.engine.access.SourceLine;
import dev.unisono.engine.access.Subject;
import dev.unisono.server.access.Delegation.Given;
import dev.unisono.server.operation.Caller;
import dev.unisono.server.operation.Refusal;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Nobody gives more than they have. */
final class DelegationTest {
  private static final AccessPolicy POLICY =
      new AccessPolicy(
          List.of(new Role("office", "", List.of(), Set.of(), new SourceLine("a.yaml", 1))),
          List.of());

  private static @Nullable Set<Scope> scopes(String... texts) {
    return texts.length == 0
        ? null
        : Stream.of(texts)
            .filter(text -> !text.isEmpty())
            .map(text -> Scope.parse(text).orElseThrow())
            .collect(Collectors.toSet());
  }

  private static Principal giver(Set<String> roles, String... scopes) {
    return new Principal(
        new Subject("key:giver", new TreeSet<>(roles), Map.of("country", "DE")),
        "key:giver/1",
        Caller.STANDARD,
        scopes(scopes),
        null,
        Optional::empty);
  }

  private static String given(
      Principal by, Set<String> roles, @Nullable Set<Scope> scopes, Map<String, String> claims) {
    try {
      new Delegation(POLICY, by)
          .give(new Given(new TreeSet<>(roles), scopes, claims, Caller.STANDARD));
      return "given";
    } catch (Refusal refused) {
      return refused.code() + " " + refused.field();
    }
  }

  private static String given(Principal by, Set<String> roles, String... scopes) {
    return given(by, roles, scopes(scopes), Map.of());
  }

  @Test
  void anAdminGivesEverythingThatThereIs() {
    Principal admin = giver(Set.of("admin"));
    assertEquals("given", given(admin, Set.of("admin")));
    assertEquals("given", given(admin, Set.of("office"), "*:read"));
    assertEquals("given", given(admin, Set.of(), "*:write", "admin/*:write"));
    assertEquals("given", given(admin, Set.of(), null, Map.of("country", "FR")));
    assertEquals("unknown-role roles", given(admin, Set.of("ofice")));
  }

  @Test
  void othersGiveRolesOfTheirsAlone() {
    Principal officer = giver(Set.of("office", "viewer"));
    assertEquals("given", given(officer, Set.of("office")));
    assertEquals("given", given(officer, Set.of("office", "viewer"), "customer:read"));
    assertEquals("more-than-held roles", given(officer, Set.of("admin")));
    assertEquals("more-than-held roles", given(officer, Set.of("viewer", "operator")));
    // By scopes alone a key would see all of each record, whatever the roles hold back.
    assertEquals("more-than-held roles", given(officer, Set.of(), "customer:read"));
    assertEquals("given", given(officer, Set.of()));
  }

  @Test
  void scopesAreACeilingOfWhatIsGivenToo() {
    Principal narrow = giver(Set.of("viewer"), "customer:read", "admin/access:write");
    assertEquals("more-than-held scopes", given(narrow, Set.of("viewer")));
    assertEquals("given", given(narrow, Set.of("viewer"), "customer:read"));
    assertEquals("more-than-held scopes", given(narrow, Set.of("viewer"), "customer:write"));
    assertEquals("more-than-held scopes", given(narrow, Set.of("viewer"), "*:read"));
    assertEquals("more-than-held scopes", given(narrow, Set.of("viewer"), "admin/*:write"));
    // An admin's key with scopes is no admin.
    Principal admin = giver(Set.of("admin"), "admin/access:write");
    assertEquals("more-than-held scopes", given(admin, Set.of("admin")));
    Principal byScopes = giver(Set.of(), "*:read", "admin/access:write");
    assertEquals("given", given(byScopes, Set.of(), "customer:read", "order:read"));
    assertEquals("more-than-held scopes", given(byScopes, Set.of(), "order:write"));
    assertEquals("more-than-held roles", given(byScopes, Set.of("viewer"), "order:read"));
  }

  @Test
  void whatConditionsAskForIsGivenAsItIsHeld() {
    Principal officer = giver(Set.of("office"));
    assertEquals("given", given(officer, Set.of("office"), null, Map.of("country", "DE")));
    assertEquals(
        "more-than-held claims", given(officer, Set.of("office"), null, Map.of("country", "FR")));
    assertEquals(
        "more-than-held claims", given(officer, Set.of("office"), null, Map.of("rank", "1")));
  }
}
