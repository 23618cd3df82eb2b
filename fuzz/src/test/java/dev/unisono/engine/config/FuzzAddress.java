package dev.unisono.engine.config;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import dev.unisono.fuzz.Seeds;
import dev.unisono.postgres.PostgresConnector;
import java.nio.file.Path;
import java.util.List;

/** The address of a database, and a socket behind the first line end: taken or refused. */
public final class FuzzAddress {
  private FuzzAddress() {}

  public static List<byte[]> seeds() {
    return Seeds.of(
        "jdbc:postgresql://localhost:5432/crm?sslmode=require\n/tmp/.s",
        "jdbc:postgresql://[::1]:5432/a%20b?user=x&password=y\n",
        "jdbc:postgresql://a:1,b:2/c?targetServerType=primary\n/x",
        "jdbc:postgresql:///\n");
  }

  public static void fuzzerTestOneInput(byte[] input) {
    String text = Seeds.text(input);
    int end = Math.max(0, text.indexOf('\n'));
    new ConfigReader(List.of(new PostgresConnector()), _ -> "value")
        .read(
            "entities: {}\nsyncs: {}\nsystems: { a: { connector: postgres, user: u, url: \""
                + quoted(text.substring(0, end))
                + "\", socket: \""
                + quoted(text.substring(end))
                + "\" } }",
            Path.of("/nonexistent"));
  }

  private static String quoted(String text) {
    return new String(JsonStringEncoder.getInstance().quoteAsString(text));
  }
}
