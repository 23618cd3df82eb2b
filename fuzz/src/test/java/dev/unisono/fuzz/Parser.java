package dev.unisono.fuzz;

import dev.unisono.csv.FuzzFile;
import dev.unisono.csv.FuzzStanding;
import dev.unisono.engine.assess.FuzzSample;
import dev.unisono.engine.clean.FuzzRecord;
import dev.unisono.engine.config.FuzzAddress;
import dev.unisono.engine.config.FuzzConfig;
import dev.unisono.engine.config.FuzzDocument;
import dev.unisono.engine.config.FuzzEdit;
import dev.unisono.engine.config.FuzzSchema;
import dev.unisono.engine.config.FuzzTimes;
import dev.unisono.engine.entity.FuzzBody;
import dev.unisono.engine.expression.FuzzExpression;
import dev.unisono.engine.match.FuzzLikeness;
import dev.unisono.engine.standardize.FuzzText;
import dev.unisono.engine.state.FuzzBlock;
import dev.unisono.engine.state.FuzzStored;
import dev.unisono.engine.validate.FuzzPattern;
import dev.unisono.jdbc.FuzzJdbcState;
import dev.unisono.jdbc.FuzzLogRow;
import dev.unisono.mariadb.FuzzMariaDbState;
import dev.unisono.mariadb.FuzzMariaDbValue;
import dev.unisono.postgres.FuzzLog;
import dev.unisono.postgres.FuzzMessage;
import dev.unisono.postgres.FuzzPostgresState;
import dev.unisono.postgres.FuzzValue;
import dev.unisono.server.admin.FuzzAdmin;
import dev.unisono.server.stream.FuzzRequest;
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
  REQUEST(FuzzRequest::seeds, FuzzRequest::fuzzerTestOneInput),
  LOG(FuzzLog::seeds, FuzzLog::fuzzerTestOneInput),
  POSTGRES_STATE(FuzzPostgresState::seeds, FuzzPostgresState::fuzzerTestOneInput),
  MARIADB_VALUE(FuzzMariaDbValue::seeds, FuzzMariaDbValue::fuzzerTestOneInput),
  MARIADB_STATE(FuzzMariaDbState::seeds, FuzzMariaDbState::fuzzerTestOneInput),
  LOG_ROW(FuzzLogRow::seeds, FuzzLogRow::fuzzerTestOneInput),
  JDBC_STATE(FuzzJdbcState::seeds, FuzzJdbcState::fuzzerTestOneInput),
  CSV_STATE(FuzzStanding::seeds, FuzzStanding::fuzzerTestOneInput),
  ADMIN(FuzzAdmin::seeds, FuzzAdmin::fuzzerTestOneInput),
  RECORD(FuzzRecord::seeds, FuzzRecord::fuzzerTestOneInput),
  EDIT(FuzzEdit::seeds, FuzzEdit::fuzzerTestOneInput),
  DOCUMENT(FuzzDocument::seeds, FuzzDocument::fuzzerTestOneInput),
  LIKENESS(FuzzLikeness::seeds, FuzzLikeness::fuzzerTestOneInput),
  SAMPLE(FuzzSample::seeds, FuzzSample::fuzzerTestOneInput),
  STORED(FuzzStored::seeds, FuzzStored::fuzzerTestOneInput);

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
