package dev.unisono.engine.validate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SchemaComparisonTest {
  private static String document(String schema) {
    return "{\"key\": [\"id\"], \"schema\": " + schema.replace('\'', '"') + "}";
  }

  private static String ofField(String schema) {
    return document("{'properties': {'f': " + schema + "}}");
  }

  private static List<String> changes(String before, String after) {
    return SchemaComparison.compare(before, after).stream()
        .map(change -> (change.breaking() ? "breaking " : "compatible ") + change.path())
        .toList();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'maxLength': 50}           | {'maxLength': 20}            | breaking   | maxLength",
        "{'maxLength': 50}           | {'maxLength': 80}            | compatible | maxLength",
        "{'maxLength': 50}           | {}                           | compatible | maxLength",
        "{}                          | {'maxLength': 50}            | breaking   | maxLength",
        "{'minimum': 1}              | {'minimum': 0.5}             | compatible | minimum",
        "{'minimum': 0.5}            | {'minimum': 1}               | breaking   | minimum",
        "{'type': 'integer'}         | {'type': 'string'}           | breaking   | type",
        "{'type': 'integer'}         | {'type': 'number'}           | breaking   | type",
        "{'type': 'string'}          | {'type': ['string', 'null']} | breaking   | type",
        "{'enum': ['a', 'b']}        | {'enum': ['a', 'b', 'c']}    | compatible | enum",
        "{'enum': ['a', 'b']}        | {'enum': ['b']}              | breaking   | enum",
        "{}                          | {'format': 'email'}          | breaking   | format",
        "{'format': 'email'}         | {}                           | compatible | format",
        "{'pattern': '^a'}           | {'pattern': '^b'}            | breaking   | pattern",
        "{'items': {'maxLength': 5}} | {'items': {'maxLength': 4}}  | breaking   | items.maxLength",
        "{'not': {'const': 1}}       | {}                           | compatible | not",
      })
  void saysOfEachKeywordWhetherWhatPassesTodayPasses(
      String before, String after, String kind, String path) {
    assertEquals(
        List.of(kind + " schema.properties.f." + path), changes(ofField(before), ofField(after)));
  }

  @Test
  void saysWhatBecomesOfFields() {
    String before = document("{'properties': {'a': {}, 'b': {}}, 'required': ['a']}");
    assertEquals(
        List.of(
            "breaking schema.properties.b",
            "compatible schema.properties.c",
            "breaking schema.properties.d",
            "breaking schema.required",
            "breaking schema.required"),
        changes(
            before, document("{'properties': {'a': {}, 'c': {}, 'd': {}}, 'required': ['d']}")));
  }

  @Test
  void anotherKeyBreaksAndWordsDoNot() {
    assertEquals(
        List.of("breaking key"),
        changes(
            "{\"key\": [\"id\"], \"schema\": {}}",
            "{\"key\": [\"id\", \"part\"], \"schema\": {}}"));
    assertEquals(
        List.of(), changes(ofField("{'title': 'one'}"), ofField("{'description': 'other'}")));
    assertEquals(
        List.of("breaking schema.properties.f"), changes(ofField("true"), ofField("false")));
    assertEquals(
        List.of("compatible schema.properties.f"),
        changes(ofField("{'maxLength': 1}"), ofField("true")));
  }

  @Test
  void theSameIsTheSameInAnyOrder() {
    assertTrue(
        SchemaComparison.same(
            ofField("{'maxLength': 1, 'type': 'string'}"),
            ofField("{'type': 'string', 'maxLength': 1}")));
    assertFalse(SchemaComparison.same(ofField("{}"), ofField("{'type': 'string'}")));
  }
}
