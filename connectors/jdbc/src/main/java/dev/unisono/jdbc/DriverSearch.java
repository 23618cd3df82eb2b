package dev.unisono.jdbc;

import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.UnisonoException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Driver;
import java.sql.SQLException;
import java.util.Iterator;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;

/**
 * Finds the driver that takes a url: among our own, or in a jar that the config names, by a class
 * loader of its own. Safe for threads.
 */
final class DriverSearch {
  private final @Nullable Path jar;
  private @Nullable Driver found;

  DriverSearch(@Nullable Path jar) {
    this.jar = jar;
  }

  synchronized Driver find(String system, String url) throws SQLException {
    Driver before = found;
    if (before != null) {
      return before;
    }
    Optional<Driver> own =
        taking(ServiceLoader.load(Driver.class, DriverSearch.class.getClassLoader()), url);
    Driver now =
        own.isPresent()
            ? own.get()
            : inJar(system, url)
                .orElseThrow(() ->
                    none(
                        system,
                        "No JDBC driver takes the url: it may be mistyped, or its driver is not"
                            + " among ours."));
    found = now;
    return now;
  }

  private Optional<Driver> inJar(String system, String url) throws SQLException {
    Path file = jar;
    if (file == null) {
      return Optional.empty();
    }
    if (!Files.isReadable(file)) {
      throw none(system, "The driver-jar is not there, or cannot be read.");
    }
    try {
      URL[] place = {file.toUri().toURL()};
      // It lives as long as its driver does, and that is known to the JDK until the end.
      ClassLoader loader = new URLClassLoader(place, ClassLoader.getPlatformClassLoader());
      return taking(ServiceLoader.load(Driver.class, loader), url);
    } catch (MalformedURLException | LinkageError broken) {
      throw none(system, "The driver-jar holds no driver that can be used: " + broken + ".");
    }
  }

  private static Optional<Driver> taking(ServiceLoader<Driver> drivers, String url)
      throws SQLException {
    Iterator<Driver> each = drivers.iterator();
    while (each.hasNext()) {
      Driver driver;
      try {
        driver = each.next();
      } catch (ServiceConfigurationError broken) {
        continue; // Another one may take it.
      }
      if (driver.acceptsURL(url)) {
        return Optional.of(driver);
      }
    }
    return Optional.empty();
  }

  private static UnisonoException none(String system, String message) {
    return new UnisonoException(
        new Problem(
            "no-driver",
            ProblemType.USER,
            message,
            "systems." + system + ".url",
            "Compare the url with the driver's documentation, and name the driver's jar by"
                + " driver-jar."));
  }
}
