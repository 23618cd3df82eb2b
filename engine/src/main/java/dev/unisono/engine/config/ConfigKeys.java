package dev.unisono.engine.config;

import java.util.List;
import java.util.Set;

/**
 * Every key of the config that is not a connector's own, declared once: the reader, the editor's
 * JSON Schema and the reference page are made from it.
 */
public final class ConfigKeys {
  /**
   * One key.
   *
   * @param type a JSON Schema type: string, integer, boolean, object, array
   * @param available false where it is planned and refused with not-available
   */
  public record ConfigKey(
      String name,
      String type,
      boolean required,
      @org.jspecify.annotations.Nullable String defaultValue,
      boolean available,
      String description) {}

  private ConfigKeys() {}

  private static ConfigKey key(String name, String type, boolean required, String description) {
    return new ConfigKey(name, type, required, null, true, description);
  }

  private static ConfigKey optional(
      String name, String type, String defaultValue, String description) {
    return new ConfigKey(name, type, false, defaultValue, true, description);
  }

  private static ConfigKey planned(String name, String type, String description) {
    return new ConfigKey(name, type, false, null, false, description);
  }

  public static final List<ConfigKey> ROOT =
      List.of(
          key("server", "object", false, "Where the doors listen."),
          key("state", "object", false, "Where the state is kept and how much of it."),
          key("webhooks", "object", false, "How changes are sent to webhook endpoints."),
          key("access", "object", false, "Which roles there are, and what is denied to whom."),
          key("limits", "object", false, "How much callers may ask for within some time."),
          key("systems", "object", true, "The systems to keep in unison, by name."),
          key(
              "entities",
              "object",
              false,
              "What is kept in unison, by name. Needed unless a system is exposed."),
          key(
              "syncs",
              "object",
              false,
              "Which systems keep which entity, by name. Needed unless a system is exposed."));

  public static final List<ConfigKey> SERVER =
      List.of(
          optional("host", "string", "127.0.0.1", "The address to listen on."),
          optional("port", "integer", "8080", "The port to listen on, 1 to 65535."),
          key("tls", "object", false, "TLS for all doors; without it plain HTTP is spoken."),
          optional(
              "allow-plain-http",
              "boolean",
              "false",
              "Whether plain HTTP may be spoken at an address that others reach, such as one behind a proxy"
                  + " that speaks TLS."),
          key("graphql", "object", false, "How much one GraphQL document may ask for."));

  public static final List<ConfigKey> TLS =
      List.of(
          key(
              "certificate",
              "string",
              false,
              "The server's certificate and those that lead to its authority, as a PEM file. Read again"
                  + " when it changes."),
          key("key", "string", false, "The certificate's private key, as a PEM file of PKCS#8."),
          optional(
              "generate",
              "boolean",
              "false",
              "Makes a certificate in the state folder, which callers are to trust by its file."),
          key(
              "client-authorities",
              "string",
              false,
              "Authorities as a PEM file: callers must have a certificate of one of them."));

  static final ConfigKey GRAPHQL_DEPTH =
      optional(
          "depth", "integer", "10", "How many levels of fields, introspection aside. 1 to 100.");
  static final ConfigKey GRAPHQL_COST =
      optional(
          "cost",
          "integer",
          "100000",
          "How many values the answer may have, each list counted as long as its limit lets it be. 1 to"
              + " 10000000.");
  static final ConfigKey GRAPHQL_ALIASES =
      optional("aliases", "integer", "50", "How many fields under another name. 0 to 10000.");
  static final ConfigKey GRAPHQL_DIRECTIVES =
      optional("directives", "integer", "50", "How many directives. 0 to 10000.");
  static final ConfigKey GRAPHQL_TOKENS =
      optional("tokens", "integer", "5000", "How many words and signs of the text. 10 to 100000.");

  /** Under {@code server.graphql}. */
  public static final List<ConfigKey> GRAPHQL =
      List.of(GRAPHQL_DEPTH, GRAPHQL_COST, GRAPHQL_ALIASES, GRAPHQL_DIRECTIVES, GRAPHQL_TOKENS);

  public static final List<ConfigKey> STATE =
      List.of(
          optional("folder", "string", "data", "The folder for all state, relative to this file."),
          optional(
              "retention",
              "string",
              "7d",
              "How long the journal keeps what happened, such as 12h or 7d: counted is the time in"
                  + " which the server runs."),
          optional(
              "retention-bytes",
              "string",
              "10GiB",
              "The journal's oldest segments are dropped beyond this size."),
          optional(
              "dead-letters",
              "integer",
              "100000",
              "How many dead letters may wait; beyond them a source with more that is refused is not"
                  + " read on until there is room. 1 to 10000000."),
          optional(
              "linger",
              "string",
              "0ms",
              "How long a commit of the journal waits for more to go with it: that much later, for"
                  + " less processor time. 0ms to 1s."),
          planned("url", "string", "State in a PostgreSQL database, for several nodes."));

  public static final List<ConfigKey> WEBHOOKS =
      List.of(
          key(
              "allow",
              "array",
              false,
              "Addresses that endpoints may have although they are private, loopback or the like, as"
                  + " ranges such as 10.0.0.0/8 or ::1/128. Plain http is for these alone."),
          optional(
              "timeout",
              "string",
              "20s",
              "How long an endpoint may take for an answer, 1s to 30s."),
          optional(
              "disable-after",
              "string",
              "5d",
              "An endpoint is disabled when it has taken nothing for so long while there was"
                  + " something for it, 1m to 60d."));

  public static final List<ConfigKey> ACCESS =
      List.of(
          key(
              "policies",
              "array",
              false,
              "Files with more of the same: roles, rules and tests. A relative path begins at the"
                  + " config's folder."),
          key(
              "roles",
              "object",
              false,
              "What is allowed, by the role's name. admin, operator and viewer are always there."),
          key("rules", "array", false, "What is denied, whatever roles allow."),
          key("tests", "array", false, "What must come of it, for ./unisono policy test."),
          key("oauth", "object", false, "How this server gives out OAuth 2 tokens."),
          key("issuers", "array", false, "Others whose tokens are taken, by OpenID discovery."));

  /** What files of policies may hold. */
  static final List<ConfigKey> POLICY_FILE =
      ACCESS.stream()
          .filter(key -> Set.of("roles", "rules", "tests").contains(key.name()))
          .toList();

  public static final List<ConfigKey> OAUTH =
      List.of(
          key(
              "issuer",
              "string",
              false,
              "The address by which clients know this server, such as https://data.example.com: scheme,"
                  + " host and port. Where the doors listen, where left out."),
          optional("rotate", "string", "30d", "How long one key signs tokens, 1h to 365d."),
          optional("token-lifetime", "string", "10m", "How long a token counts, 1m to 1d."));

  public static final List<ConfigKey> ISSUER =
      List.of(
          key(
              "issuer",
              "string",
              true,
              "As its tokens name it: https, or http on this machine. What it publishes is looked up at"
                  + " /.well-known/openid-configuration below."),
          key("name", "string", true, "Callers are called NAME:, and the token's subject."),
          key("audience", "string", true, "What tokens for this server have as audience."),
          key(
              "roles-claim",
              "string",
              false,
              "The claim that has the caller's groups; a path such as realm_access.roles, too."),
          key("roles", "object", false, "Which role a value of that claim gives."),
          key(
              "scopes-claim",
              "string",
              false,
              "The claim that has the token's scopes: it is good for no more than those. Without"
                  + " it, for all that the roles allow."),
          key("claims", "array", false, "Claims that conditions may ask for."),
          optional(
              "algorithms",
              "array",
              "RS256",
              "By which its tokens may be signed: RS256, RS384, RS512, PS256, PS384, PS512, ES256,"
                  + " ES384, ES512."));

  public static final List<ConfigKey> ROLE =
      List.of(
          key("description", "string", false, "What it is for."),
          key("grants", "array", false, "What it allows with records."),
          key(
              "admin",
              "array",
              false,
              "What it allows beside: operations:read, operations:write, access:read, access:write,"
                  + " metrics:read."));

  public static final List<ConfigKey> GRANT =
      List.of(
          key("entities", "array", false, "The entities it is for; all, where left out."),
          key(
              "actions",
              "array",
              true,
              "read (list, get and follow), write (create, replace, change and delete), or some of"
                  + " these by name."),
          key(
              "fields",
              "array",
              false,
              "The fields that are shown beside the key; all others not."),
          key("hide", "array", false, "Fields that are not shown."),
          key(
              "mask",
              "object",
              false,
              "Fields that are shown otherwise than they are: partial (the last four characters at"
                  + " most), hash (the same text for the same value) or 'null'."),
          key(
              "write",
              "array",
              false,
              "The fields that may be written; all that are shown as they are, where left out."),
          key(
              "rows",
              "string",
              false,
              "A condition in CEL on the records: record.country == caller.claims.country. Of the"
                  + " caller there are name, roles and claims. Where it cannot be answered, the"
                  + " record is not shown."));

  public static final List<ConfigKey> ACCESS_RULE =
      List.of(
          key("name", "string", true, "By which it is found in answers and in the audit."),
          key("deny", "array", true, "The actions, as grants name them."),
          key("entities", "array", false, "The entities it is for; all, where left out."),
          key(
              "when",
              "string",
              false,
              "A condition in CEL, as rows of grants; always, where left out. Where it cannot be"
                  + " answered, it denies."),
          key("message", "string", false, "What whoever is denied is told."));

  public static final List<ConfigKey> ACCESS_TEST =
      List.of(
          key("name", "string", true, "What it shows."),
          key("caller", "object", true, "Who asks: name, roles, claims, scopes."),
          key("action", "string", true, "One of the actions of grants."),
          key("entity", "string", true, "Of which entity."),
          key("record", "object", false, "The record as it is; none is there, where left out."),
          key("write", "object", false, "What is written of it."),
          key("expect", "string", true, "allowed or denied."),
          key("because", "string", false, "What the reason has in it, such as a rule's name."),
          key(
              "seen",
              "object",
              false,
              "Of a reading action: fields as they are shown; no others are."));

  public static final List<ConfigKey> ACCESS_CALLER =
      List.of(
          key("name", "string", false, "The caller's name."),
          key("roles", "array", false, "The roles that are held."),
          key("claims", "object", false, "What else is known."),
          key("scopes", "array", false, "What the credential is good for at most."));
  public static final List<ConfigKey> LIMITS =
      List.of(
          new ConfigKey(
              "store",
              "",
              false,
              null,
              true,
              "Where it is counted: memory (default; each server by itself), or a Redis that several"
                  + " servers share, as a mapping."),
          key(
              "tiers",
              "object",
              false,
              "The tiers of callers, each with its priority: a number from 0 to 1000, the higher the"
                  + " more important. By default standard alone, at 0."),
          key(
              "trusted-proxies",
              "array",
              false,
              "Addresses of proxies that are believed where they say for whom they ask, as ranges such"
                  + " as 10.0.0.0/8. Of nobody else that is believed."),
          optional(
              "proxy-header",
              "string",
              "x-forwarded-for",
              "By which header trusted proxies say it: x-forwarded-for or forwarded. Only one that each"
                  + " of them writes can be believed."),
          key(
              "rules",
              "array",
              false,
              "The limits. A request passes if all levels of all rules that are for it let it pass;"
                  + " else none of them counts it."));

  /** Under {@code limits.store}, where that is a mapping. */
  public static final List<ConfigKey> LIMIT_STORE =
      List.of(
          key(
              "redis",
              "string",
              true,
              "The url of a Redis, such as redis://localhost:6379 or rediss://…; as a reference"
                  + " where it has a password."),
          optional(
              "when-away",
              "string",
              "local",
              "What happens while Redis does not answer: local (each server counts by itself) or refuse"
                  + " (what a rule is for is answered 503)."),
          optional(
              "timeout",
              "string",
              "50ms",
              "Redis is away where it takes longer for an answer, 1ms to 5s."));

  /** What a limit may be by. */
  public static final List<String> LIMIT_BY =
      List.of("caller", "key", "tier", "address", "route", "nothing");

  /** What a limit may count. */
  public static final List<String> LIMIT_COUNTS = List.of("requests", "graphql-cost", "deliveries");

  public static final List<String> LIMIT_ALGORITHMS =
      List.of("token-bucket", "leaky-bucket", "fixed-window", "sliding-window");

  public static final List<String> LIMIT_METHODS =
      List.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");

  static final ConfigKey LIMIT_COUNTED =
      optional(
          "counts",
          "string",
          "requests",
          "What is counted: requests, graphql-cost (the values that answers of GraphQL may have) or"
              + " deliveries (events that are sent to a subscriber, who is over it has to wait for them).");

  static final ConfigKey LIMIT_ALGORITHM =
      optional(
          "algorithm",
          "string",
          "token-bucket",
          "token-bucket (so many at once, then at an even pace), leaky-bucket (each waits for its turn,"
              + " at an even pace), fixed-window (so many in each span of the clock) or sliding-window"
              + " (so many in any span, nearly).");

  public static final List<ConfigKey> LIMIT_RULE =
      List.of(
          key(
              "name",
              "string",
              true,
              "By which callers and metrics know it: lower-case letters and digits with hyphens"
                  + " between."),
          optional(
              "by",
              "array",
              "[\"caller\"]",
              "Who or what each is counted for by itself: caller, key, tier, address, route, several of"
                  + " them together, or nothing for all as one."),
          key("for", "object", false, "Which requests it is for; all by default."),
          LIMIT_COUNTED,
          LIMIT_ALGORITHM,
          key(
              "levels",
              "array",
              true,
              "How many within which time, such as 10/s, 600/min, 5000/h, 10000/day or 100/30s; several"
                  + " hold at once. 1 to 1000000000 within 1ms to 31d."),
          key(
              "burst",
              "integer",
              false,
              "Of a bucket: how many it holds, 1 to 1000000. By default as many as the level has."),
          optional(
              "throttle",
              "string",
              "0s",
              "In the place of being refused a request waits for so long at most, up to 30s. A"
                  + " leaky-bucket needs it."));

  /** Under {@code for} of a limit. */
  public static final List<ConfigKey> LIMIT_SCOPE =
      List.of(
          key(
              "tiers",
              "array",
              false,
              "Tiers of callers, or unknown for requests of nobody we know."),
          key(
              "routes",
              "array",
              false,
              "Paths, such as /v1/customers; with * at the end all that begin so."),
          key("methods", "array", false, "Methods of HTTP, such as POST."));

  static final ConfigKey READ_BUFFER =
      optional(
          "read-buffer",
          "string",
          "32MiB",
          "How much memory may be taken by what was read and is not in the journal yet; beyond it"
              + " reading waits. 1MiB to 1GiB.");

  static final ConfigKey WRITE_BATCH =
      optional(
          "write-batch",
          "integer",
          "1000",
          "Changes that a lane writes in one transaction at most, 1 to 100000.");

  static final ConfigKey WRITE_BATCH_BYTES =
      optional(
          "write-batch-bytes",
          "string",
          "1MiB",
          "A lane's transaction takes no more changes beyond so many bytes, 1KiB to 64MiB.");

  static final ConfigKey WRITE_BUFFER =
      optional(
          "write-buffer",
          "string",
          "4MiB",
          "How much memory may be taken by what is in line for each lane; beyond it the journal is"
              + " read on later. 64KiB to 256MiB.");

  static final ConfigKey EXPOSE_REFRESH =
      optional(
          "refresh",
          "string",
          "1m",
          "Of a system that is read by queries alone: how often its tables are read again, as refresh"
              + " of a sync.");

  /** Under {@code expose} of a system, where that is more than true. */
  public static final List<ConfigKey> EXPOSE =
      List.of(
          key(
              "tables",
              "array",
              false,
              "Which tables: names with * for any letters and ? for one, with their schema or without."
                  + " All by default."),
          key("except", "array", false, "Which of them not; written like tables."),
          EXPOSE_REFRESH);

  /** Beside these a system has the options of its connector. */
  public static final List<ConfigKey> SYSTEM =
      List.of(
          key("connector", "string", true, "The kind of system."),
          READ_BUFFER,
          WRITE_BATCH,
          WRITE_BATCH_BYTES,
          WRITE_BUFFER,
          key(
              "expose",
              "object",
              false,
              "Gives the doors its tables though no entity is written for them: true for all, or which."
                  + " Names, types, keys and relations are those of the tables."));

  /** Under {@code cache-control} of an entity. */
  static final ConfigKey MAX_AGE =
      optional(
          "max-age",
          "string",
          "0s",
          "For so long a browser may show them again without a question, up to 1d. Nobody else"
              + " keeps them.");

  public static final List<ConfigKey> CACHE_CONTROL = List.of(MAX_AGE);

  public static final List<ConfigKey> ENTITY =
      List.of(
          key("plural", "string", false, "Its name in paths; by default its name and an s."),
          key("key", "string", true, "The field, or the list of fields, that identify a record."),
          key("schema", "object", true, "The record as JSON Schema 2020-12."),
          key(
              "standardize",
              "object",
              false,
              "For each field of text the steps to its standard form, each by its name or with its"
                  + " options."),
          key(
              "index",
              "array",
              false,
              "Fields to filter and sort by, beside the key; a list in it is an index of several together."),
          optional("serve", "boolean", "true", "Whether the doors show it."),
          key(
              "severity",
              "object",
              false,
              "For a field what becomes of a record in which its value is not as its schema says, beyond"
                  + " its type and that it is required: reject (default), quarantine or warn."),
          key(
              "cache-control",
              "object",
              false,
              "What browsers may do with its records as REST has answered them. Without it each asks"
                  + " again whether what it has is still so."),
          key("rules", "array", false, "What must hold between the fields of a record."),
          key(
              "unique",
              "array",
              false,
              "Fields in which no two records are equal; a record whose value another one has does not"
                  + " pass, and is taken up by itself once it is free."),
          key(
              "references",
              "array",
              false,
              "Fields that are the key of another record; a record that refers to none does not pass,"
                  + " and is taken up by itself once the other has come."),
          key(
              "relations",
              "array",
              false,
              "Fields that are the key of another record, so that doors can show both together. Nothing"
                  + " is asked of them: see references for that, which are relations, too."),
          key(
              "match",
              "array",
              false,
              "How rows of different members are found to be one record where each member has keys of its"
                  + " own: rules in their order. None where the key is the same in all."));

  private static final ConfigKey SEVERITY =
      optional(
          "severity",
          "string",
          "reject",
          "What becomes of a record that breaks it: reject (it is refused), quarantine (it is"
              + " held until a person lets it through) or warn (it passes, and is counted).");

  public static final List<ConfigKey> RULE =
      List.of(
          key(
              "code",
              "string",
              true,
              "By which its findings are known: lower-case letters and digits with hyphens between."),
          key(
              "check",
              "string",
              true,
              "What must hold, in CEL over the fields of the record: this.FIELD. True or false."),
          key("message", "string", false, "One sentence for whoever sent a record that breaks it."),
          SEVERITY);

  public static final List<ConfigKey> UNIQUE =
      List.of(
          key(
              "field",
              "string",
              true,
              "A field, or a list of them that are taken together. A record in which one of them is"
                  + " null is not compared."),
          SEVERITY);

  public static final List<ConfigKey> REFERENCE =
      List.of(
          key(
              "field",
              "string",
              true,
              "A field, or a list of them: the parts of the other's key, in their order. A record in"
                  + " which one of them is null refers to nothing."),
          key("entity", "string", true, "The entity that is referred to; it may be this one."),
          SEVERITY);

  public static final List<ConfigKey> RELATION =
      REFERENCE.stream().filter(key -> !key.equals(SEVERITY)).toList();

  /** What may become of a record that breaks a rule. */
  public static final List<String> SEVERITIES = List.of("reject", "quarantine", "warn");

  public static final List<ConfigKey> MATCH =
      List.of(
          key(
              "exact",
              "array",
              false,
              "Fields beside the key: rows that have equal values in all of them, once standardized,"
                  + " are one record."),
          key(
              "fuzzy",
              "object",
              false,
              "Instead of exact: rows that are nearly equal are one record, or a person is asked. Asked"
                  + " where no exact rule finds a record."));

  static final ConfigKey LINK =
      optional(
          "link",
          "number",
          "0.92",
          "From this score on, above 0 up to 1, a row and a record are one; where that is true of"
              + " several records, a person is asked.");

  static final ConfigKey REVIEW =
      optional(
          "review",
          "number",
          "0.8",
          "From this score up to link a person is asked. As high as link: only where"
              + " a row is like several records.");

  static final ConfigKey PRESENT =
      optional(
          "present",
          "number",
          "0.6",
          "The share of the weights whose fields must have a value on both sides, so that little in"
              + " common does not make two records one.");

  static final ConfigKey BLOCK_LIMIT =
      optional(
          "block-limit",
          "integer",
          "200",
          "So many records of one block are compared with a row, the oldest, 1 to 10000; that there are"
              + " more is counted.");

  static final ConfigKey WEIGHT =
      optional("weight", "number", "1", "How much the comparison counts, above 0 up to 1000.");

  public static final List<ConfigKey> FUZZY =
      List.of(
          key(
              "block",
              "array",
              true,
              "What a record must have in common with a row to be compared with it: one of these."),
          key("compare", "array", true, "What of both is compared. Empty fields take no part."),
          LINK,
          REVIEW,
          PRESENT,
          BLOCK_LIMIT);

  public static final List<String> BLOCK_KINDS =
      List.of("exact", "prefix", "phonetic", "digits", "domain");

  public static final List<ConfigKey> BLOCK =
      List.of(
          key("field", "string", true, "A field beside the key, or a list of them."),
          optional(
              "by",
              "string",
              "exact",
              "What they have in common, letters' case and accents left aside: exact (all of it), prefix"
                  + " (the first letters of each field), phonetic (a word that sounds like it), digits (the"
                  + " last digits, as of a telephone number) or domain (of an e-mail address)."),
          key("length", "integer", false, "How many letters or digits prefix and digits look at."));

  public static final List<String> LIKENESSES =
      List.of("exact", "jaro-winkler", "levenshtein", "words", "phonetic");

  public static final List<ConfigKey> COMPARE =
      List.of(
          key(
              "field",
              "string",
              true,
              "A field beside the key, or a list of them, whose texts are taken together."),
          optional(
              "by",
              "string",
              "jaro-winkler",
              "How: exact, jaro-winkler (short texts such as names), levenshtein (the share of letters"
                  + " that stay), words (in any order, each by its likeness) or phonetic (word by word)."),
          WEIGHT);

  public static final List<ConfigKey> SYNC =
      List.of(
          key("entity", "string", true, "The entity."),
          key("members", "array", true, "The systems that keep it."),
          optional(
              "schema-change",
              "string",
              "ignore",
              "When the columns of the table that is read change: evolve (follow them), ignore (go on"
                  + " with the fields there are, and report it) or stop."),
          key(
              "delete-limit",
              "integer",
              false,
              "So many deletes of one member within a minute, by its clock, are passed on; at more, or at a"
                  + " TRUNCATE, its source stops and asks. 0 for any number. Default 1000 where several"
                  + " members are read, else 0."),
          key("conflict", "object", false, "What decides where several members write a record."),
          key(
              "refresh",
              "string",
              false,
              "How often what is read is read again whole and compared, beside live changes: a length of"
                  + " time from 10s such as 15m, or minute, hour, day of month, month and day of week as"
                  + " in crontab, by the clock of the server's time zone. Only what differs from what was"
                  + " told before is told."),
          key(
              "first-load",
              "string",
              false,
              "What becomes of rows that members hold already. Where one member is read, of those that"
                  + " a target has and the source has not: keep-extra (default; they stay, and are"
                  + " counted) or delete-extra. Where several are read: ask (default; nobody is written"
                  + " before `./unisono live`) or live (as soon as all have been read)."));

  /** What may decide of all fields. */
  public static final List<String> STRATEGIES = List.of("latest", "priority", "merge", "manual");

  /** What may decide of one field; or an expression. */
  public static final List<String> FIELD_STRATEGIES =
      List.of("latest", "priority", "merge", "manual", "sum");

  public static final List<String> DELETES = List.of("edit-wins", "delete-wins", "ask");

  public static final List<ConfigKey> CONFLICT =
      List.of(
          optional(
              "strategy",
              "string",
              "latest",
              "What decides field by field where two members wrote one, neither in knowledge of the"
                  + " other: latest (the newest edit), priority (that of the member listed first),"
                  + " merge (JSON and arrays part by part, else the newest) or manual (what is there"
                  + " stays until a person decides)."),
          optional(
              "deletes",
              "string",
              "edit-wins",
              "A record that one member deletes while another edits it: edit-wins (it comes back),"
                  + " delete-wins, or ask (it comes back, and a person decides)."),
          key(
              "fields",
              "object",
              false,
              "For a field its own strategy: one of the above, sum (of a number: what each edit adds"
                  + " is added), or an expression."));

  public static final List<ConfigKey> FIELD_CONFLICT =
      List.of(
          key(
              "expression",
              "string",
              true,
              "What the field is to be, in CEL over newer.value, newer.member, newer.time,"
                  + " older.value, older.member, older.time and base."));

  public static final List<ConfigKey> MEMBER =
      List.of(
          key("system", "string", true, "The system's name."),
          key("table", "string", true, "The table, as schema.table."),
          key(
              "direction",
              "string",
              true,
              "As seen from Unisono: read, write, or both. Where more than one member is read, what"
                  + " they write is merged."),
          key(
              "fields",
              "object",
              false,
              "The column of each field that is named otherwise there; null where this system does"
                  + " not keep it. Where it is kept in a form of its own, a mapping with convert. Under"
                  + " \"*\" the convention by which the columns of all others are named: same"
                  + " (default), snake_case, camelCase, PascalCase, kebab-case or"
                  + " SCREAMING_SNAKE_CASE."),
          key(
              "collect",
              "object",
              false,
              "For each field of text the steps for what is read from this member, before the"
                  + " entity's standardize; written like that."),
          key(
              "deliver",
              "object",
              false,
              "For each field of text the steps for what is written to this member, after"
                  + " everything else; written like standardize."),
          key(
              "where",
              "string",
              false,
              "Which rows of a table that is read, as a condition in the system's own language; a"
                  + " row that no longer meets it is deleted elsewhere."),
          key(
              "cursor",
              "string",
              false,
              "Of a system that is read by queries: the column that grows with each change of a row,"
                  + " a number or a time. Without it the table is read again by the sync's refresh"
                  + " alone."),
          optional(
              "deletes",
              "string",
              "hard",
              "What a delete in the source does here: hard (the row is deleted), soft (deleted-flag"
                  + " is set, and cleared where the key comes again) or ignore (the row stays)."),
          key(
              "deleted-flag",
              "string",
              false,
              "With deletes: soft, the column that is set: a boolean to true, a timestamptz to the"
                  + " time of the delete."),
          optional(
              "on-refusal",
              "string",
              "park",
              "What happens to a row that this member refuses: park (it is set aside with its cause"
                  + " and tried again, the rest goes on) or stop (the target stops there)."),
          optional(
              "park-limit",
              "integer",
              "100",
              "The target stops where one cause would have more rows of this entity parked at once,"
                  + " 1 to 1000000."),
          optional(
              "park-share",
              "integer",
              "50",
              "The target stops where one cause refuses more than this percentage of its last 1,000"
                  + " deliveries (20 of them at least), 1 to 100."),
          optional(
              "create-table",
              "boolean",
              "false",
              "Of a member that is written: make the table where it is not there, and alter it as"
                  + " alter-table does."),
          optional(
              "alter-table",
              "boolean",
              "false",
              "Of a member that is written: add columns that fields need and the table lacks, and"
                  + " widen those that are narrower than the column that is read."));

  /** Of a field that a member keeps in a form of its own. */
  public static final List<ConfigKey> CONVERTED_FIELD =
      List.of(
          key("column", "string", false, "The column; by default it is named like the field."),
          key(
              "convert",
              "object",
              true,
              "The form in which this member keeps the field: one of the following, with its"
                  + " options."));

  /** What a conversion is by: exactly one of them. */
  public static final List<ConfigKey> CONVERSIONS =
      List.of(
          key(
              "unit",
              "string",
              false,
              "The unit of the column's numbers, such as kg, km/h or lb; or several joined by +, the"
                  + " largest first, of a column with texts such as 5 ft 10 in: ft+in."),
          key("scale", "string", false, "The column has the number so many times: 100 for cents."),
          key(
              "number",
              "string",
              false,
              "The column has the number as a text, as people of this locale write it: de-CH."),
          key("date", "string", false, "The column has the date as a text: dd/MM/yyyy."),
          key("date-time", "string", false, "The column has the time as a text: dd.MM.yyyy HH:mm."),
          key(
              "epoch",
              "string",
              false,
              "The column counts the time since 1970 in seconds, milliseconds or microseconds."),
          key("boolean", "object", false, "The column's words: { true: \"Y\", false: \"N\" }."),
          key(
              "codes",
              "object",
              false,
              "The value of each of the column's codes: { \"1\": active, \"2\": closed }. Codes in"
                  + " quotes are texts, those without are numbers."));

  /** What some of the conversions may have beside them. */
  public static final List<ConfigKey> CONVERSION_OPTIONS =
      List.of(
          key("to", "string", false, "Of unit: the unit of the field."),
          key(
              "digits",
              "integer",
              false,
              "Of unit, scale and number: decimals of the column, to which what is written is rounded,"
                  + " 0 to 30. For scale, and for several units, 0 by default; else all."),
          key(
              "form",
              "string",
              false,
              "Of unit: number (default; the column has numbers), text (72.5) or text-with-unit (72.5 kg)."),
          key(
              "locale",
              "string",
              false,
              "Of unit with a form of text, date and date-time: how numbers are written, and the"
                  + " language of names of months. By default en."),
          optional(
              "grouping",
              "boolean",
              "false",
              "Of number, and of unit with a form of text: whether digits stand in groups of three."),
          optional("zone", "string", "UTC", "Of date-time: the time zone of the column's clock."));
}
