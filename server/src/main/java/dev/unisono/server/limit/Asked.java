package dev.unisono.server.limit;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What is asked by whom, as far as limits look at it. For one thread at a time. */
public final class Asked {
  private final @Nullable String caller;
  private final @Nullable String key;
  private final String tier;
  private final String method;
  private final String path;
  private final Supplier<String> address;
  private final Supplier<String> route;

  /**
   * @param caller null where it is nobody we know
   * @param key by which of their keys they came
   * @param method as HTTP has it, whatever the door
   * @param address where from; asked for where a rule counts by it
   * @param route the path without what differs from record to record; asked for like that
   */
  public Asked(
      @Nullable String caller,
      @Nullable String key,
      String tier,
      String method,
      String path,
      Supplier<String> address,
      Supplier<String> route) {
    this.caller = caller;
    this.key = key;
    this.tier = tier;
    this.method = method;
    this.path = path;
    this.address = address;
    this.route = route;
  }

  @Nullable String caller() {
    return caller;
  }

  @Nullable String key() {
    return key;
  }

  String tier() {
    return tier;
  }

  String method() {
    return method;
  }

  String path() {
    return path;
  }

  String address() {
    return address.get();
  }

  String route() {
    return route.get();
  }
}
