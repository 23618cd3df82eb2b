package dev.unisono.testkit.contract;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

/**
 * What holds of every connector, tried through the interfaces that the engine uses. A connector's
 * test extends it and gives it a system for each test. What that system cannot do, it has to refuse
 * with the code {@code not-available}. For one thread.
 */
public abstract class ConnectorContract
    implements DescriptionContract,
        SurveyContract,
        CheckContract,
        ReadContract,
        RepairContract,
        WriteContract,
        MemberPartContract,
        OwnerContract {
  private @Nullable ContractTrial trial;

  /**
   * Makes a system with nothing in it.
   *
   * @param test a word of lower-case letters that no other test has
   * @param folder empty, for this test alone
   */
  protected abstract ContractSystem open(String test, Path folder) throws Exception;

  @BeforeEach
  final void openSystem(TestInfo test, @TempDir Path folder) throws Exception {
    String name = test.getTestMethod().orElseThrow().getName().toLowerCase(Locale.ROOT);
    trial =
        new ContractTrial(
            open(name.substring(0, Math.min(name.length(), 40)), folder.resolve("system")),
            folder.resolve("own"));
  }

  @AfterEach
  final void closeSystem() {
    ContractTrial opened = trial;
    if (opened != null) {
      opened.close();
    }
  }

  @Override
  public final ContractTrial trial() {
    return Objects.requireNonNull(trial);
  }
}
