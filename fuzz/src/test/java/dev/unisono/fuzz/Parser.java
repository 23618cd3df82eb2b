package dev.unisono.fuzz;

import dev.unisono.csv.FuzzFile;
import dev.unisono.engine.config.FuzzAddress;
import dev.unisono.engine.config.FuzzConfig;
import dev.unisono.engine.config.FuzzSchema;
import dev.unisono.engine.config.FuzzTimes;
import dev.unisono.engine.entity.FuzzBody;
import dev.unisono.engine.expression.FuzzExpression;
import dev.unisono.engine.standardize.FuzzText;
import dev.unisono.engine.state.FuzzBlock;
import dev.unisono.engine.validate.FuzzPattern;
import dev.unisono.postgres.FuzzMessage;
import dev.unisono.postgres.FuzzValue;
import dev.unisono.server.FuzzRequest;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Everything that takes what comes from outside. Immutable. */
enum Parser {
  CONFIG(FuzzConfig::seeds, FuzzConfig::fuzzerTestOneInput),
  SCHEMA(FuzzSchema::seeds, FuzzSchema::fuzzerTestOneInput),
  TIMES(FuzzTimes::seeds, FuzzTimes::fuzzerTestOneInput),
  ADDRESS(FuzzAddress::seeds, FuzzAddress::fuzzerTestOneInput),
  BODY(FuzzBody::seeds, FuzzBody::fuzzerTestOneInput),
  EXPRESSION(FuzzExpression::seeds, FuzzExpression::fuzzerTestOneInput),
  TEXT(FuzzText::seeds, FuzzText::fuzzerTestOneInput),
  BLOCK(FuzzBlock::seeds, FuzzBlock::fuzzerTestOneInput),
  PATTERN(FuzzPattern::seeds, FuzzPattern::fuzzerTestOneInput),
  MESSAGE(FuzzMessage::seeds, FuzzMessage::fuzzerTestOneInput),
  VALUE(FuzzValue::seeds, FuzzValue::fuzzerTestOneInput),
  FILE(FuzzFile::seeds, FuzzFile::fuzzerTestOneInput),
  REQUEST(FuzzRequest::seeds, FuzzRequest::fuzzerTestOneInput);

  @SuppressWarnings("ImmutableEnumChecker") // It is a method's name.
  private final Supplier<List<byte[]>> seeds;

  @SuppressWarnings("ImmutableEnumChecker") // It is a method's name.
  private final Consumer<byte[]> reading;

  Parser(Supplier<List<byte[]>> seeds, Consumer<byte[]> reading) {
    this.seeds = seeds;
    this.reading = reading;
  }

  /** Inputs that reach far. */
  List<byte[]> seeds() {
    return seeds.get();
  }

  void read(byte[] input) {
    reading.accept(input);
  }
}
