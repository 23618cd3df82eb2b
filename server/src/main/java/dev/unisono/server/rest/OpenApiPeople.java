package dev.unisono.server.rest;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;

/** Keys, users, sessions, the audit and oneself in an OpenAPI document. For one thread. */
final class OpenApiPeople extends OpenApiPart {
  /** No entity has such a name. */
  static final String TAG = "unisono.access";

  private static final String KEYS = "/v1/admin/keys";
  private static final String USERS = "/v1/admin/users";
  private static final String KEY = "schemas/unisono.Key";
  private static final String USER = "schemas/unisono.User";
  private static final String JSON = "application/json";
  private static final String PATCH = "application/merge-patch+json";

  OpenApiPeople(JsonGenerator json) {
    super(json);
  }

  void paths() throws IOException {
    object(KEYS, () -> collection("keys", KEY, "token"));
    object(KEYS + "/{name}", () -> one("keys", KEY));
    object(
        KEYS + "/{name}/rotate",
        () ->
            act(
                "keys_rotate",
                "Gives another token; those before count for a while.",
                KEY,
                () -> property("overlap", "string", "How long, such as `24h`.")));
    object(USERS, () -> collection("users", USER, "setUpCode"));
    object(USERS + "/{name}", () -> one("users", USER));
    object(
        USERS + "/{name}/reset",
        () ->
            act(
                "users_reset",
                "Takes the password away; another is chosen by the code.",
                USER,
                () -> property("removeSecondFactor", "boolean", "Whether that is gone, too.")));
    sessions();
    audit();
    signIn();
    me();
  }

  private void name() throws IOException {
    array("parameters", () -> path("name", "What it is called.", "string"));
  }

  private void collection(String what, String schema, String secret) throws IOException {
    object(
        "get",
        () -> {
          operation(TAG, what + "_list", "All " + what + ".");
          object(
              "responses",
              () -> {
                answer("200", "All of them.", false, () -> list(schema));
                refusals("401", "403");
              });
        });
    object(
        "post",
        () -> {
          operation(TAG, what + "_add", "Makes one.");
          body(() -> media(JSON, schema + ".new"));
          object(
              "responses",
              () -> {
                answer(
                    "201",
                    "With its `" + secret + "`, which is not shown again.",
                    false,
                    () -> ref(schema + ".secret"));
                refusals("400", "401", "403", "409", "413", "422");
              });
        });
  }

  private void one(String what, String schema) throws IOException {
    name();
    object(
        "get",
        () -> {
          operation(TAG, what + "_get", "One of the " + what + ".");
          object(
              "responses",
              () -> {
                answer("200", "As it is.", false, () -> ref(schema));
                refusals("401", "403", "404");
              });
        });
    object(
        "patch",
        () -> {
          operation(TAG, what + "_patch", "Changes it, from the next request on.");
          body(() -> media(PATCH, schema + ".patch"));
          object(
              "responses",
              () -> {
                answer("200", "As it is then.", false, () -> ref(schema));
                refusals("400", "401", "403", "404", "413", "422");
              });
        });
    object(
        "delete",
        () -> {
          operation(TAG, what + "_delete", "Takes it away; its sessions end.");
          gone("403", "404");
        });
  }

  private void gone(String... refused) throws IOException {
    object(
        "responses",
        () -> {
          object("204", () -> text("description", "It is done."));
          refusals("401");
          refusals(refused);
        });
  }

  private void act(String id, String summary, String schema, Part members) throws IOException {
    name();
    object(
        "post",
        () -> {
          operation(TAG, id, summary);
          given(members);
          object(
              "responses",
              () -> {
                answer("200", "With what is new.", false, () -> ref(schema + ".secret"));
                refusals("400", "401", "403", "404", "413", "422");
              });
        });
  }

  private void given(Part members, String... required) throws IOException {
    body(() ->
        object(
            JSON,
            () ->
                object(
                    "schema",
                    () -> {
                      text("type", "object");
                      json.writeBooleanField("additionalProperties", false);
                      if (required.length > 0) {
                        names("required", required);
                      }
                      object("properties", members);
                    })));
  }

  private void sessions() throws IOException {
    object(
        "/v1/admin/sessions",
        () ->
            object(
                "get",
                () -> {
                  operation(TAG, "sessions_list", "Browsers that are signed in.");
                  object(
                      "responses",
                      () -> {
                        answer(
                            "200",
                            "The newest first.",
                            false,
                            () -> list("schemas/unisono.Session"));
                        refusals("401", "403");
                      });
                }));
    object(
        "/v1/admin/sessions/{id}",
        () -> {
          array("parameters", () -> path("id", "The session's id.", "string"));
          object(
              "delete",
              () -> {
                operation(TAG, "sessions_end", "Signs a browser out.");
                gone("403", "404");
              });
        });
  }

  private void audit() throws IOException {
    object(
        "/v1/admin/audit",
        () ->
            object(
                "get",
                () -> {
                  operation(TAG, "audit_list", "Who did what, the newest first.");
                  array(
                      "parameters",
                      () -> {
                        object(() -> ref("parameters/placeAfter"));
                        object(() -> ref("parameters/placeLimit"));
                        query("kind", "Of this kind alone, such as `denial`.");
                        query("actor", "Of this caller alone, such as `user:ada`.");
                      });
                  object(
                      "responses",
                      () -> {
                        answer("200", "A page of it.", false, this::auditPage);
                        refusals("400", "401", "403");
                      });
                }));
    object(
        "/v1/admin/audit/verify",
        () ->
            object(
                "get",
                () -> {
                  operation(TAG, "audit_verify", "Walks through all entries and their hashes.");
                  object(
                      "responses",
                      () -> {
                        answer(
                            "200",
                            "How many are whole, and the first that is not.",
                            false,
                            () -> ref("schemas/unisono.Verified"));
                        refusals("401", "403");
                      });
                }));
  }

  private void auditPage() throws IOException {
    text("type", "object");
    names("required", "items", "next");
    object(
        "properties",
        () -> {
          object("items", () -> items("schemas/unisono.AuditEntry"));
          nullable("next", "integer", "To be sent as `after` for the page behind.");
        });
  }

  private void query(String name, String description) throws IOException {
    object(() -> {
      text("name", name);
      text("in", "query");
      text("description", description);
      object("schema", () -> text("type", "string"));
    });
  }

  private void signIn() throws IOException {
    object(
        "/v1/sign-in",
        () ->
            object(
                "post",
                () -> {
                  operation(TAG, "sign_in", "Signs a browser in.");
                  array("security", () -> {});
                  given(
                      () -> {
                        object("user", () -> text("type", "string"));
                        object("password", () -> text("type", "string"));
                        property("code", "string", "Of the second factor, where there is one.");
                        property("recoveryCode", "string", "In its place.");
                      },
                      "user",
                      "password");
                  gone("400", "413", "415", "422", "429", "503");
                }));
    object(
        "/v1/sign-in/password",
        () ->
            object(
                "post",
                () -> {
                  operation(TAG, "choose_password", "Chooses a password by a code.");
                  array("security", () -> {});
                  given(
                      () -> {
                        object("code", () -> text("type", "string"));
                        object("password", () -> text("type", "string"));
                      },
                      "code",
                      "password");
                  gone("400", "413", "415", "422", "503");
                }));
    object(
        "/v1/sign-out",
        () ->
            object(
                "post",
                () -> {
                  operation(TAG, "sign_out", "Ends the session of the request.");
                  gone();
                }));
  }

  private void me() throws IOException {
    object(
        "/v1/me",
        () ->
            object(
                "get",
                () -> {
                  operation(TAG, "me_get", "Who I am, and what I may do.");
                  object(
                      "responses",
                      () -> {
                        answer("200", "As things stand.", false, () -> ref("schemas/unisono.Me"));
                        refusals("401");
                      });
                }));
    mine(
        "password",
        "me_password",
        "Changes my password, which ends all other sessions.",
        () -> object("204", () -> text("description", "With a new cookie.")),
        "password",
        "newPassword");
    mine("totp", "me_totp", "Begins a second factor.", this::offered, "password");
    mine("totp/confirm", "me_totp_confirm", "Takes it, by a code of it.", this::recovery, "code");
    mine(
        "totp/remove",
        "me_totp_remove",
        "Takes it away.",
        () -> object("204", () -> text("description", "It is gone.")),
        "password");
    mine(
        "recovery-codes",
        "me_recovery_codes",
        "Other recovery codes, in the place of all before.",
        this::recovery,
        "password");
  }

  private void mine(String path, String id, String summary, Part done, String... members)
      throws IOException {
    object(
        "/v1/me/" + path,
        () ->
            object(
                "post",
                () -> {
                  operation(TAG, id, summary);
                  given(
                      () -> {
                        for (String member : members) {
                          object(member, () -> text("type", "string"));
                        }
                      },
                      members);
                  object(
                      "responses",
                      () -> {
                        done.write();
                        refusals("400", "401", "403", "409", "413", "422", "429", "503");
                      });
                }));
  }

  private void offered() throws IOException {
    answer(
        "200",
        "It counts once it is confirmed.",
        false,
        () -> {
          text("type", "object");
          object(
              "properties",
              () -> {
                property("secret", "string", "As people type it.");
                property("uri", "string", "As an app reads it from a QR code.");
              });
        });
  }

  private void recovery() throws IOException {
    answer(
        "200",
        "Shown this once.",
        false,
        () -> {
          text("type", "object");
          object("properties", () -> texts("recoveryCodes", "Each good once."));
        });
  }

  private void texts(String name, String description) throws IOException {
    object(
        name,
        () -> {
          described("array", description);
          object("items", () -> text("type", "string"));
        });
  }

  void schemas() throws IOException {
    of("unisono.Key", "token", "By which a program calls.", this::keyGiven, this::keyShown);
    of(
        "unisono.User",
        "setUpCode",
        "By which a password is chosen, within 24 hours.",
        this::userGiven,
        this::userShown);
    object(
        "unisono.Session",
        () ->
            shown(() -> {
              object("id", () -> text("type", "string"));
              property("caller", "string", "As whom it is signed in.");
              nullable("address", "string", "Where it was signed in from.");
              object("created", this::time);
              object("lastUsed", this::time);
              object("ends", this::time);
            }));
    object(
        "unisono.AuditEntry",
        () ->
            shown(() -> {
              object("sequence", () -> text("type", "integer"));
              property("hash", "string", "Over the hash before and the entry.");
              property(
                  "entry",
                  "object",
                  "`sequence`, `time`, `kind`, `actor`, `action`, `subject`, `allowed`, `detail`,"
                      + " `address`.");
            }));
    object(
        "unisono.Verified",
        () ->
            shown(() -> {
              property("entries", "integer", "How many are whole.");
              property("head", "string", "The hash of the last of them.");
              nullable("broken", "object", "The first that is not: `sequence`, `why`.");
            }));
    object(
        "unisono.Me",
        () ->
            shown(() -> {
              object("name", () -> text("type", "string"));
              held();
              scopes();
              property("areas", "object", "By area, `read` and `write`.");
              property("entities", "object", "By entity, the actions that I may do.");
              nullable("user", "object", "Where I am a user.");
              nullable("csrfToken", "string", "To be sent as Unisono-CSRF, of a session.");
            }));
  }

  private void shown(Part properties) throws IOException {
    text("type", "object");
    object("properties", properties);
  }

  private void of(String schema, String secret, String what, Part given, Part seen)
      throws IOException {
    object(
        schema,
        () ->
            shown(() -> {
              object("name", () -> text("type", "string"));
              given.write();
              seen.write();
            }));
    object(
        schema + ".secret",
        () ->
            shown(() -> {
              object("name", () -> text("type", "string"));
              given.write();
              seen.write();
              property(secret, "string", what);
            }));
    object(
        schema + ".new",
        () -> {
          text("type", "object");
          json.writeBooleanField("additionalProperties", false);
          names("required", "name");
          object(
              "properties",
              () -> {
                object("name", () -> text("type", "string"));
                given.write();
              });
        });
    object(
        schema + ".patch",
        () -> {
          text("type", "object");
          json.writeBooleanField("additionalProperties", false);
          object("properties", given);
        });
  }

  private void held() throws IOException {
    texts("roles", "Roles by their names.");
    object(
        "claims",
        () -> {
          described("object", "What conditions may ask for.");
          object("additionalProperties", () -> text("type", "string"));
        });
    property("tier", "string", "Who is served first.");
  }

  private void scopes() throws IOException {
    object(
        "scopes",
        () -> {
          names("type", "array", "null");
          text("description", "What it is good for at most; null for all that the roles allow.");
          object("items", () -> text("type", "string"));
        });
  }

  private void keyGiven() throws IOException {
    held();
    scopes();
    nullable("expires", "string", "A time, or how long it is until then, such as `90d`.");
  }

  private void keyShown() throws IOException {
    object("created", this::time);
    object(
        "tokens",
        () -> {
          described("array", "Each with `id`, `created`, `ends`, `lastUsed`; never the token.");
          object("items", () -> text("type", "object"));
        });
  }

  private void userGiven() throws IOException {
    property("displayName", "string", "For people.");
    held();
    property("disabled", "boolean", "Whether they are let in no more.");
  }

  private void userShown() throws IOException {
    object("created", this::time);
    object("hasPassword", () -> text("type", "boolean"));
    object("hasSecondFactor", () -> text("type", "boolean"));
    property("recoveryCodes", "integer", "How many are left.");
    nullable("setUpEnds", "string", "Until when a password may be chosen by the code.");
    nullable("signedIn", "string", "When last.");
  }
}
