package dev.unisono.server.limit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.unisono.engine.config.AddressRange;
import dev.unisono.engine.config.LimitsConfig;
import dev.unisono.engine.config.LimitsConfig.ProxyHeader;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** For which address a request is counted, behind proxies and without. */
final class ClientAddressTest {
  private static LimitsConfig trusting(ProxyHeader header, String... proxies) {
    List<AddressRange> ranges = new ArrayList<>();
    for (String proxy : proxies) {
      ranges.add(AddressRange.parse(proxy).orElseThrow());
    }
    return new LimitsConfig(null, Map.of(), ranges, header, List.of());
  }

  private static String of(String peer, LimitsConfig config, String... said) {
    return ClientAddress.of(peer, List.of(said), config);
  }

  @Test
  void nobodyIsBelievedWhoIsNotNamed() {
    LimitsConfig none = trusting(ProxyHeader.X_FORWARDED_FOR);
    assertEquals("198.51.100.7", of("198.51.100.7", none, "203.0.113.9"));
    LimitsConfig other = trusting(ProxyHeader.X_FORWARDED_FOR, "10.0.0.0/8");
    assertEquals("198.51.100.7", of("198.51.100.7", other, "203.0.113.9"));
  }

  @Test
  void theLastAddressThatIsNoProxyIsTheClients() {
    LimitsConfig config = trusting(ProxyHeader.X_FORWARDED_FOR, "10.0.0.0/8", "192.0.2.4");
    assertEquals("203.0.113.9", of("10.1.2.3", config, "203.0.113.9"));
    assertEquals("203.0.113.9", of("10.1.2.3", config, "1.1.1.1, 203.0.113.9, 192.0.2.4"));
    assertEquals("203.0.113.9", of("10.1.2.3", config, "1.1.1.1", "203.0.113.9,10.9.9.9"));
    assertEquals("203.0.113.9", of("10.1.2.3", config, "203.0.113.9:4711"));
    assertEquals("10.9.9.9", of("10.1.2.3", config, "10.9.9.9"));
    assertEquals("10.1.2.3", of("10.1.2.3", config));
  }

  @Test
  void whatIsNoAddressEndsTheSearch() {
    LimitsConfig config = trusting(ProxyHeader.X_FORWARDED_FOR, "10.0.0.0/8");
    assertEquals("10.1.2.3", of("10.1.2.3", config, "unknown"));
    assertEquals("10.1.2.3", of("10.1.2.3", config, "203.0.113.9, example.com"));
    assertEquals("10.5.5.5", of("10.1.2.3", config, "203.0.113.9, , 10.5.5.5"));
  }

  @Test
  void forwardedIsReadWhereItIsNamedAlone() {
    LimitsConfig config = trusting(ProxyHeader.FORWARDED, "10.0.0.0/8");
    assertEquals(
        "203.0.113.9",
        of("10.1.2.3", config, "for=1.1.1.1, for=203.0.113.9;proto=https;by=10.1.2.3"));
    assertEquals("2001:db8:1:2::/64", of("10.1.2.3", config, "For=\"[2001:db8:1:2:3::4]:4711\""));
    assertEquals("10.1.2.3", of("10.1.2.3", config, "for=_hidden"));
  }

  /** Else whoever has a network of them has as many limits as there are addresses in it. */
  @Test
  void addressesOfVersion6AreCountedByTheirNetwork() {
    LimitsConfig none = trusting(ProxyHeader.X_FORWARDED_FOR);
    assertEquals("2001:db8:0:1::/64", of("2001:db8:0:1::5", none));
    assertEquals("2001:db8:0:1::/64", of("2001:db8:0:1:ffff::5", none));
    assertEquals("192.0.2.1", of("::ffff:192.0.2.1", none));
  }
}
