package dev.unisono.engine.config;

import dev.unisono.engine.convert.Conversion;
import dev.unisono.engine.entity.EntityField;
import dev.unisono.engine.standardize.Step;
import dev.unisono.engine.validate.RowCheck;
import dev.unisono.engine.validate.ValueCheck;
import dev.unisono.spi.Binding;
import dev.unisono.spi.Connector;
import dev.unisono.spi.Schema;
import dev.unisono.spi.Settings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A config that was found to be right: every name in it resolves, every value has its type,
 * references to secrets are resolved. Immutable.
 */
public record Config(
    ServerConfig server,
    StateConfig state,
    WebhookConfig webhooks,
    AccessConfig access,
    LimitsConfig limits,
    Map<String, SystemConfig> systems,
    Map<String, EntityConfig> entities,
    List<SyncConfig> syncs) {

  /**
   * Where the doors listen.
   *
   * @param tls null where plain HTTP is spoken
   * @param graphql how much one GraphQL document may ask for
   */
  public record ServerConfig(
      String host, int port, @Nullable TlsConfig tls, GraphqlLimits graphql) {
    /** Plain HTTP with the usual limits. */
    public ServerConfig(String host, int port) {
      this(host, port, null, GraphqlLimits.standard());
    }

    /** The scheme of its addresses. */
    public String scheme() {
      return tls == null ? "http" : "https";
    }

    /** Scheme, host and port by which a browser on this machine reaches it. */
    public String origin() {
      String reached = host.equals("0.0.0.0") || host.equals("::") ? "localhost" : host;
      return scheme()
          + "://"
          + (reached.contains(":") ? "[" + reached + "]" : reached)
          + ":"
          + port;
    }
  }

  /**
   * By which certificate the doors speak TLS.
   *
   * @param certificate a PEM file, and
   * @param key the one of its private key; both null where they are generated in the state folder
   * @param clientAuthorities a PEM file of those who sign callers' certificates; null where callers
   *     need none
   */
  public record TlsConfig(
      @Nullable Path certificate, @Nullable Path key, @Nullable Path clientAuthorities) {
    /** Where the certificate is that is made for a state folder. */
    public static Path generatedCertificate(Path stateFolder) {
      return stateFolder.resolve("tls").resolve("server.crt");
    }

    /** The file of the certificate, given or generated. */
    public Path certificateIn(Path stateFolder) {
      return certificate == null ? generatedCertificate(stateFolder) : certificate;
    }
  }

  /**
   * How much one GraphQL document may ask for (invariant 7).
   *
   * @param depth how many levels of fields
   * @param cost how many values at most, where each list is as long as it may be
   * @param aliases how many fields under another name
   * @param directives how many directives
   * @param tokens how many words and signs of the text
   */
  public record GraphqlLimits(int depth, int cost, int aliases, int directives, int tokens) {
    /** What holds where the config says nothing. */
    public static GraphqlLimits standard() {
      return new GraphqlLimits(10, 100_000, 50, 50, 5_000);
    }
  }

  /**
   * How webhooks are sent.
   *
   * @param allow addresses that are written to although they are nobody's on the internet
   * @param timeout how long one attempt may take
   * @param disableAfter an endpoint that took nothing for so long is disabled
   */
  public record WebhookConfig(List<AddressRange> allow, Duration timeout, Duration disableAfter) {
    public WebhookConfig {
      allow = List.copyOf(allow);
    }
  }

  /**
   * Where the state is kept and how much of the journal.
   *
   * @param retentionBytes the journal's oldest segments are dropped beyond this size
   * @param linger how long a commit waits for more to go with it
   * @param deadLetters how many may wait before sources do
   */
  public record StateConfig(
      Path folder, Duration retention, long retentionBytes, Duration linger, int deadLetters) {}

  /** One system and the connector that reaches it. */
  public record SystemConfig(
      String name, Connector connector, Settings settings, SystemLimits limits) {}

  /**
   * How much is held and done at once for one system (invariant 7).
   *
   * @param readBufferBytes what may be in line from its source for the journal
   * @param writeBatch changes that a lane writes in one transaction
   * @param writeBatchBytes a lane's transaction takes no more beyond it
   * @param writeBufferBytes what may be in line for each lane
   */
  public record SystemLimits(
      int readBufferBytes, int writeBatch, long writeBatchBytes, long writeBufferBytes) {
    /** What holds where the config says nothing. */
    public static SystemLimits standard() {
      return new SystemLimits(32 << 20, 1_000, 1L << 20, 4L << 20);
    }
  }

  /**
   * One entity.
   *
   * @param rules for each field, in the order of {@code schema}, what is done with its values
   * @param indexed the fields to filter and sort by, the key's included
   * @param compoundIndexes several of them that are looked up together, in their order
   * @param match rules by which rows of different members are the same record, where each member
   *     has a key of its own for it; none where the key is everywhere the same
   * @param rowChecks what is asked of a row as a whole, in the order of the config
   * @param constraints what must hold between its records, or with those of others
   * @param schemaText the schema as it was read, wherever it stands
   * @param cacheAge how long what a door has answered may be shown again without a question
   */
  public record EntityConfig(
      String plural,
      Schema schema,
      List<EntityField> fields,
      List<FieldRules> rules,
      Set<String> indexed,
      List<List<String>> compoundIndexes,
      boolean served,
      MatchRules match,
      List<RowCheck> rowChecks,
      Constraints constraints,
      String schemaText,
      Duration cacheAge) {
    /** An entity whose key is the same in all members. */
    public EntityConfig(
        String plural,
        Schema schema,
        List<EntityField> fields,
        List<FieldRules> rules,
        Set<String> indexed,
        boolean served) {
      this(
          plural,
          schema,
          fields,
          rules,
          indexed,
          List.of(),
          served,
          MatchRules.NONE,
          List.of(),
          Constraints.NONE,
          "",
          Duration.ZERO);
    }
  }

  /** What is done with the values of one field: first the steps, in order, then the constraints. */
  public record FieldRules(List<Step> standardize, FieldConstraints constraints) {}

  /**
   * What JSON Schema asks of one field beyond its type.
   *
   * @param checks what it asks of a value
   */
  public record FieldConstraints(boolean required, List<ValueCheck> checks) {
    public FieldConstraints {
      checks = List.copyOf(checks);
    }
  }

  /**
   * One sync: which systems keep an entity, and how.
   *
   * @param firstLoad what becomes of rows that members hold already
   * @param deleteLimit so many deletes of one member within a minute are passed on unasked; 0 for
   *     any number
   * @param conflict what decides between several members that write
   * @param refresh when what is read is read again and compared; null for never
   */
  public record SyncConfig(
      String name,
      String entity,
      List<MemberConfig> members,
      FirstLoad firstLoad,
      int deleteLimit,
      ConflictRules conflict,
      @Nullable RefreshTimes refresh) {
    /** True where several members write the entity, so that what they write is merged. */
    public boolean merges() {
      return members.stream().filter(MemberConfig::reads).count() > 1;
    }
  }

  /** What becomes of rows that members hold before they are in unison for the first time. */
  public enum FirstLoad {
    /** Where one member is read: rows that only a target has stay, and are counted. */
    KEEP_EXTRA,
    /** Where one member is read: rows that only a target has are deleted. */
    DELETE_EXTRA,
    /** Where several are read: nobody is told anything before somebody has said so. */
    ASK,
    /** Where several are read: once all have been read each is told what it lacks. */
    LIVE;

    public String word() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /**
   * What decides where several members write a record.
   *
   * @param otherwise for fields that have no strategy of their own
   * @param fields by name, for those that have
   */
  public record ConflictRules(
      FieldStrategy otherwise, Map<String, FieldStrategy> fields, DeleteRule deletes) {
    public static ConflictRules standard() {
      return new ConflictRules(new FieldStrategy.Latest(), Map.of(), DeleteRule.EDIT_WINS);
    }

    public FieldStrategy strategy(String field) {
      return fields.getOrDefault(field, otherwise);
    }
  }

  /** What becomes of a record that one member deletes while another edits it. */
  public enum DeleteRule {
    /** It comes back. */
    EDIT_WINS,
    /** It is gone. */
    DELETE_WINS,
    /** It comes back, and waits for a person to decide. */
    ASK
  }

  /**
   * One member of a sync.
   *
   * @param collect steps by field on what is read from it, before the entity's own
   * @param deliver steps by field on what is written to it, after everything
   * @param conversions by field how it keeps values in a form of its own: done by the system's
   *     connector, before the steps of what is read and after those of what is written
   * @param naming by what convention its columns are named
   */
  public record MemberConfig(
      String system,
      Binding binding,
      Direction direction,
      RefusalRules refusals,
      Map<String, List<Step>> collect,
      Map<String, List<Step>> deliver,
      Map<String, Conversion> conversions,
      NamingConvention naming) {
    /** A member that keeps all values as the entity has them, in columns of their names. */
    public MemberConfig(
        String system,
        Binding binding,
        Direction direction,
        RefusalRules refusals,
        Map<String, List<Step>> collect,
        Map<String, List<Step>> deliver) {
      this(system, binding, direction, refusals, collect, deliver, Map.of(), NamingConvention.SAME);
    }

    public boolean reads() {
      return direction != Direction.WRITE;
    }

    public boolean writes() {
      return direction != Direction.READ;
    }
  }

  /**
   * What happens where a member refuses a row.
   *
   * @param parks true where the row is set aside and the rest goes on, false where the target stops
   * @param limit the target stops where one cause would have more rows parked at once
   * @param sharePercent the target stops where one cause refuses more of the last deliveries
   */
  public record RefusalRules(boolean parks, int limit, int sharePercent) {
    public static RefusalRules standard() {
      return new RefusalRules(true, 100, 50);
    }
  }

  /** As seen from Unisono: READ reads from the member, WRITE writes to it. */
  public enum Direction {
    READ,
    WRITE,
    BOTH
  }
}
