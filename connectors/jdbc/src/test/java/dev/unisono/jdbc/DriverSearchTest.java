package dev.unisono.jdbc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.unisono.spi.UnisonoException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverPropertyInfo;
import java.sql.SQLException;
import java.util.Objects;
import java.util.Properties;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DriverSearchTest {
  /** A driver that is on no class path as one, and reaches nothing. */
  public static final class Elsewhere implements Driver {
    @Override
    public @Nullable Connection connect(String url, Properties properties) throws SQLException {
      throw new SQLException("elsewhere is away", "08001");
    }

    @Override
    public boolean acceptsURL(String url) {
      return url.startsWith("jdbc:elsewhere:");
    }

    @Override
    public DriverPropertyInfo[] getPropertyInfo(String url, Properties properties) {
      return new DriverPropertyInfo[0];
    }

    @Override
    public int getMajorVersion() {
      return 1;
    }

    @Override
    public int getMinorVersion() {
      return 0;
    }

    @Override
    public boolean jdbcCompliant() {
      return false;
    }

    @Override
    public Logger getParentLogger() {
      return Logger.getGlobal();
    }
  }

  @Test
  void aDriverComesFromTheJarThatTheConfigNames(@TempDir Path folder) throws Exception {
    Path jar = jar(folder);
    Driver found = new DriverSearch(jar).find("shop", "jdbc:elsewhere:x");
    assertEquals(Elsewhere.class.getName(), found.getClass().getName());
    assertNotEquals(Elsewhere.class, found.getClass(), "by a class loader of its own");
    assertEquals(
        "org.h2.Driver", new DriverSearch(jar).find("shop", "jdbc:h2:mem:x").getClass().getName());
  }

  @Test
  void saysWhereNoDriverIs(@TempDir Path folder) throws Exception {
    refused(new DriverSearch(null), "jdbc:elsewhere:x");
    refused(new DriverSearch(folder.resolve("none.jar")), "jdbc:elsewhere:x");
    refused(new DriverSearch(jar(folder)), "jdbc:nowhere:x");
  }

  private static void refused(DriverSearch search, String url) {
    UnisonoException none = assertThrows(UnisonoException.class, () -> search.find("shop", url));
    assertEquals("no-driver", none.problem().code());
    assertEquals("systems.shop.url", none.problem().configPath());
  }

  private static Path jar(Path folder) throws IOException {
    Path jar = folder.resolve("elsewhere.jar");
    String name = Elsewhere.class.getName().replace('.', '/') + ".class";
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar));
        InputStream code =
            Objects.requireNonNull(
                DriverSearchTest.class.getClassLoader().getResourceAsStream(name))) {
      out.putNextEntry(new JarEntry("META-INF/services/java.sql.Driver"));
      out.write(Elsewhere.class.getName().getBytes(StandardCharsets.UTF_8));
      out.closeEntry();
      out.putNextEntry(new JarEntry(name));
      code.transferTo(out);
      out.closeEntry();
    }
    return jar;
  }
}
