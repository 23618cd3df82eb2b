package dev.unisono.engine.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class StepReaderTest {
  private static List<String> problems(String standardize) {
    return new ConfigReader(List.of(), name -> null)
            .read(
                """
                systems: {}
                syncs: {}
                entities:
                  person:
                    key: id
                    schema:
                      properties:
                        id: { type: integer }
                        phone: { type: string }
                        code: { type: string }
                        country: { type: string }
                        age: { type: integer }
                    standardize: { %s }
                """
                    .formatted(standardize),
                Path.of("."))
            .problems()
            .stream()
            .map(found ->
                found.problem().code()
                    + " "
                    + String.valueOf(found.problem().configPath()).replace("entities.person.", "")
                    + ": "
                    + found.problem().message())
            .toList();
  }

  private static void assertProblem(String expected, String standardize) {
    assertEquals(List.of(expected), problems(standardize));
  }

  @Test
  void stepsHaveOptionsOrNone() {
    assertEquals(
        List.of(),
        problems(
            """
            phone: [ trim, { phone: { region-field: country } } ],
            code: { postal-code: { region: GB } },
            country: [ { country: { form: alpha-2 } }, { null-words: { words: [x, y] } } ]
            """));
  }

  @Test
  void aMistypedStepIsNamedWithWhatItMayMean() {
    assertProblem(
        "unknown-step standardize.phone[0].phon: There is no step 'phon'; did you mean 'phone'?",
        "phone: [ { phon: { region: DE } } ]");
  }

  @Test
  void aMistypedOptionIsNamedWithWhatItMayMean() {
    assertProblem(
        "unknown-key standardize.phone[0].phone.regoin: There is no key 'regoin' here; did you mean"
            + " 'region'?",
        "phone: [ { phone: { regoin: DE } } ]");
  }

  @Test
  void valuesOfOptionsAreChecked() {
    assertProblem(
        "wrong-value standardize.phone[0].phone.region: There is no country 'DEU' here; did you mean"
            + " 'DE'?",
        "phone: [ { phone: { region: DEU } } ]");
    assertProblem(
        "wrong-value standardize.code[0].date-time.zone: There is no time zone 'Europe/Berlim'; did"
            + " you mean 'Europe/Berlin'?",
        "code: [ { date-time: { zone: Europe/Berlim } } ]");
    assertEquals(1, problems("code: [ { date: { formats: [\"dd.MM.yyyy\", \"bbb.\"] } } ]").size());
    assertEquals(1, problems("code: [ { number: { locale: zz-DE } } ]").size());
    assertEquals(1, problems("code: [ { url: { scheme: gopher } } ]").size());
    assertEquals(1, problems("code: [ { trim: {}, number: {} } ]").size());
  }

  @Test
  void stepsAreForTextsAndNotForTheKey() {
    assertProblem(
        "step-needs-text standardize.age: 'age' is no text, and steps are for texts.",
        "age: [number]");
    assertEquals(
        List.of("key-standardized"),
        problems("id: [trim]").stream().map(text -> text.split(" ", 2)[0]).toList());
  }

  @Test
  void aRegionFieldIsAFieldThatNeedsNoRegionItself() {
    assertProblem(
        "unknown-field standardize.phone: There is no field 'contry'; did you mean 'country'?",
        "phone: [ { phone: { region-field: contry } } ]");
    assertProblem(
        "wrong-value standardize.phone: 'code' has a region-field itself.",
        "phone: [ { phone: { region-field: code } } ],"
            + " code: [ { postal-code: { region-field: country } } ]");
  }

  @Test
  void anExpressionIsCheckedWhenTheConfigIsRead() {
    assertEquals(List.of(), problems("code: [ trim, { expression: \"value.replace('-', '')\" } ]"));
    assertEquals(
        List.of("bad-expression standardize.code[0].expression"),
        problems("code: [ { expression: \"valu + 'x'\" } ]").stream()
            .map(text -> text.split(":", 2)[0])
            .toList());
  }
}
