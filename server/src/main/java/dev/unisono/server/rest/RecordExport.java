package dev.unisono.server.rest;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.unisono.engine.entity.EntityJson;
import dev.unisono.engine.record.EntityRecord;
import dev.unisono.engine.record.RecordQuery.Edge;
import dev.unisono.engine.record.Records;
import dev.unisono.server.http.ResponseStream;
import dev.unisono.server.operation.Attempts;
import dev.unisono.server.operation.Caller;
import dev.unisono.server.operation.Embedding;
import dev.unisono.server.operation.ListRequest;
import dev.unisono.server.operation.Operations;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A whole list as lines of JSON, page by page as the client takes it: memory does not grow with it.
 * Each page is of a moment of its own; what changed meanwhile is told by the changes after the
 * first one's position. Immutable.
 */
record RecordExport(Operations operations, Caller caller, ListRequest list) {
  /** So many records are read at once. */
  static final int PAGE = 500;

  /**
   * Writes all pages, the first of which was read already.
   *
   * @throws IOException where the client has gone
   */
  void write(Records.Page first, OutputStream out) throws IOException, InterruptedException {
    Records.Page page = first;
    while (true) {
      out.write(lines(page));
      Edge next = page.next();
      if (next == null) {
        return;
      }
      page = page(next);
    }
  }

  private Records.Page page(Edge from) throws InterruptedException {
    AtomicReference<Records.@Nullable Page> read = new AtomicReference<>();
    // By the fields of the first page, whatever becomes of them meanwhile.
    Attempts.run(() -> read.set(operations.list(caller, list.from(from), null).value()));
    Records.Page page = read.get();
    if (page == null) {
      throw new IllegalStateException("an attempt that ends has read a page");
    }
    return page;
  }

  private byte[] lines(Records.Page page) throws IOException {
    ByteArrayOutputStream lines = new ByteArrayOutputStream(64 << 10);
    Embedding embedding = operations.embedding(caller, list.entity(), list.embed());
    for (EntityRecord record : page.records()) {
      try (JsonGenerator json = EntityJson.FACTORY.createGenerator(lines)) {
        json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
        embedding.write(json, list.fields(), record);
      }
      lines.write('\n');
    }
    return lines.toByteArray();
  }

  /** Answers with it; a client that got less sees that the answer is cut off. */
  void answer(Records.Page first, ResponseStream body, Coded coded) throws InterruptedException {
    boolean whole = false;
    try (OutputStream out = coded.over(body)) {
      write(first, out);
      whole = true;
    } catch (IOException gone) {
      // Nobody is there to be told.
    } finally {
      if (!whole) {
        body.cut();
      }
    }
  }

  /** How the bytes are coded on their way. */
  interface Coded {
    OutputStream over(OutputStream out) throws IOException;
  }
}
