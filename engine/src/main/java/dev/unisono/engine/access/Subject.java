package dev.unisono.engine.access;

import java.util.Collections;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Who asks, as far as rights depend on it. Immutable.
 *
 * @param name unique among all who may ask
 * @param roles the names of the roles that are held, also of such as no config knows any more
 * @param claims what else is known of them, such as a country, for conditions to name
 */
public record Subject(String name, SortedSet<String> roles, Map<String, String> claims) {
  public Subject {
    roles = Collections.unmodifiableSortedSet(new TreeSet<>(roles));
    claims = Map.copyOf(claims);
  }
}
