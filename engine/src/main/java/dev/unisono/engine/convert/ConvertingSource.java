package dev.unisono.engine.convert;

import dev.unisono.spi.Batch;
import dev.unisono.spi.Binding;
import dev.unisono.spi.Change;
import dev.unisono.spi.ChangeSink;
import dev.unisono.spi.KnownKeys;
import dev.unisono.spi.Row;
import dev.unisono.spi.SnapshotCommand;
import dev.unisono.spi.Source;
import dev.unisono.spi.SourceProgress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A source that hands over rows in the form of the engine. Safe for threads as the source is. */
record ConvertingSource(Source source, MemberForms forms) implements Source {
  @Override
  public void run(Map<String, String> state, ChangeSink sink) throws InterruptedException {
    source.run(state, new Sink(sink, forms, new Keys(sink.knownKeys(), forms)));
  }

  @Override
  public void durable(long mark) {
    source.durable(mark);
  }

  @Override
  public void command(SnapshotCommand command) {
    source.command(command);
  }

  @Override
  public void close() {
    source.close();
  }

  /** What the source hands its batches to. For the thread that runs it. */
  private record Sink(ChangeSink sink, MemberForms forms, KnownKeys knownKeys)
      implements ChangeSink {
    @Override
    public void accept(Batch batch) throws InterruptedException {
      List<Change> changes = new ArrayList<>(batch.changes().size());
      for (Change change : batch.changes()) {
        changes.add(converted(change));
      }
      sink.accept(
          new Batch(
              changes,
              batch.state(),
              batch.mark(),
              batch.sizeBytes(),
              batch.learned(),
              batch.unfinished(),
              batch.passed()));
    }

    private Change converted(Change change) {
      MemberForm form = forms.ofMember(change.binding());
      if (form == null) {
        return change;
      }
      Row after = change.after();
      return new Change(
          form.entity(),
          change.operation(),
          change.key(),
          change.previousKey(),
          after == null ? null : form.read(after),
          form.readBefore(change.before()),
          change.position(),
          change.sourceTime(),
          change.transaction(),
          change.marker());
    }

    @Override
    public void progress(SourceProgress progress) {
      sink.progress(progress);
    }
  }

  /** Who holds which keys, which are the same in all forms. Safe for threads. */
  private record Keys(KnownKeys known, MemberForms forms) implements KnownKeys {
    @Override
    public long sequence() {
      return known.sequence();
    }

    @Override
    public boolean deletesExtra(Binding binding) {
      return known.deletesExtra(forms.entity(binding));
    }

    @Override
    public List<String> consumers(Binding binding) {
      return known.consumers(forms.entity(binding));
    }

    @Override
    public List<String> told(Binding binding) {
      return known.told(forms.entity(binding));
    }

    @Override
    public Answer next(Binding binding, String consumer, @Nullable String place, int limit)
        throws InterruptedException {
      return known.next(forms.entity(binding), consumer, place, limit);
    }
  }
}
