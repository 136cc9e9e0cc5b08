import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/** The named processors of docs/scenarios.md. */
final class Processors {
  private Processors() {}

  /** Adds the processor's store, where it has one, and returns the names to connect. */
  static String[] stores(JsonNode named, StreamsBuilder builder) {
    if (!named.isObject() || !named.has("store")) return new String[0];
    String name = named.get("store").textValue();
    builder.addStateStore(Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore(name), Any.SERDE, Any.SERDE));
    return new String[] {name};
  }

  private abstract static class Base implements Processor<Object, Object, Object, Object> {
    ProcessorContext<Object, Object> context;

    @Override
    public void init(ProcessorContext<Object, Object> context) {
      this.context = context;
    }
  }

  private interface Step {
    void process(ProcessorContext<Object, Object> context, Record<Object, Object> record);
  }

  private static ProcessorSupplier<Object, Object, Object, Object> each(Step step) {
    return () ->
        new Base() {
          @Override
          public void process(Record<Object, Object> record) {
            step.process(context, record);
          }
        };
  }

  static ProcessorSupplier<Object, Object, Object, Object> of(JsonNode named) {
    return switch (Functions.name(named)) {
      case "forward" -> each((context, record) -> context.forward(record));
      case "add-10-to-timestamp" -> each((c, record) -> c.forward(record.withTimestamp(record.timestamp() + 10)));
      case "put-in-store" -> {
        String store = named.get("store").textValue();
        yield each((c, record) -> {
          KeyValueStore<Object, Object> values = c.getStateStore(store);
          values.put(record.key(), record.value());
        });
      }
      case "fan-out-timestamps" -> {
        String first = named.get("first").textValue();
        String second = named.get("second").textValue();
        yield each((c, record) -> {
          c.forward(record);
          c.forward(record.withTimestamp(record.timestamp() + 5), first);
          c.forward(record, second);
          c.forward(record.withTimestamp(record.timestamp() + 2));
        });
      }
      case "emit-on-punctuate" -> () -> new OnPunctuate(named);
      case "max-per-key-flush" -> () -> new MaxPerKey(named);
      default -> throw new UnsupportedOperationException("there is no processor " + named);
    };
  }

  private static final class OnPunctuate extends Base {
    private final JsonNode named;

    OnPunctuate(JsonNode named) {
      this.named = named;
    }

    @Override
    public void init(ProcessorContext<Object, Object> context) {
      super.init(context);
      boolean streamTime = named.get("type").textValue().equals("streamTime");
      context.schedule(
          Duration.ofMillis(named.get("intervalMs").longValue()),
          streamTime ? PunctuationType.STREAM_TIME : PunctuationType.WALL_CLOCK_TIME,
          time -> context.forward(new Record<>("punctuate", time, time)));
    }

    @Override
    public void process(Record<Object, Object> record) {}
  }

  private static final class MaxPerKey extends Base {
    private final JsonNode named;
    private KeyValueStore<Object, Object> values;

    MaxPerKey(JsonNode named) {
      this.named = named;
    }

    @Override
    public void init(ProcessorContext<Object, Object> context) {
      super.init(context);
      values = context.getStateStore(named.get("store").textValue());
      named.path("initial").fields().forEachRemaining(e -> values.put(e.getKey(), Any.of(e.getValue())));
      schedule("streamTimeFlushMs", PunctuationType.STREAM_TIME);
      schedule("wallClockFlushMs", PunctuationType.WALL_CLOCK_TIME);
    }

    private void schedule(String interval, PunctuationType type) {
      context.schedule(
          Duration.ofMillis(named.get(interval).longValue()),
          type,
          time -> {
            List<KeyValue<Object, Object>> all = new ArrayList<>();
            try (var entries = values.all()) {
              entries.forEachRemaining(all::add);
            }
            for (var entry : all) context.forward(new Record<>(entry.key, entry.value, time));
          });
    }

    @Override
    public void process(Record<Object, Object> record) {
      Object old = values.get(record.key());
      if (old == null || ((Number) record.value()).doubleValue() > ((Number) old).doubleValue())
        values.put(record.key(), record.value());
    }
  }
}
