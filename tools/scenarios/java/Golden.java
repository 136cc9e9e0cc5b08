import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedWriter;
import java.io.File;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Properties;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.state.*;

/**
 * Runs scenarios in Kafka's own TopologyTestDriver. `Golden IN OUT`: IN is a file of scenarios, OUT gets a line of JSON for each:
 * `{id, steps: [{out, error?}], stores: [[{store, entries}], ...]}`, or `{id, unsupported}`.
 */
public class Golden {
  public static void main(String[] args) throws Exception {
    JsonNode all = Any.JSON.readTree(new File(args[0]));
    try (BufferedWriter out = Files.newBufferedWriter(Path.of(args[1]))) {
      for (JsonNode scenario : all) {
        out.write(Any.JSON.writeValueAsString(run(scenario)));
        out.newLine();
      }
    }
    System.exit(0);
  }

  private static ObjectNode run(JsonNode scenario) throws Exception {
    ObjectNode result = Any.JSON.createObjectNode();
    result.put("id", scenario.get("id").textValue());
    Path dir = Files.createTempDirectory("golden");
    Build build = new Build();
    try {
      for (JsonNode op : scenario.get("topology")) build.add(op);
    } catch (RuntimeException error) {
      result.put("unsupported", String.valueOf(error));
      return result;
    }
    Properties config = new Properties();
    config.put(StreamsConfig.APPLICATION_ID_CONFIG, "golden");
    config.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, "unused:1");
    config.put(StreamsConfig.STATE_DIR_CONFIG, dir.toString());
    config.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, scenario.path("cacheBytes").asLong(0));
    config.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, AnySerde.class);
    config.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, AnySerde.class);
    long emitMs = scenario.path("config").path("emitIntervalMs").asLong(0);
    config.put("__emit.interval.ms.kstreams.outer.join.spurious.results.fix__", emitMs);
    config.put("__emit.interval.ms.kstreams.windowed.aggregation__", emitMs);
    Instant start = Instant.ofEpochMilli(scenario.path("config").path("wallClockStartMs").asLong(0));
    try (var driver = new TopologyTestDriver(build.builder.build(), config, start)) {
      steps(scenario, build, driver, result);
    } catch (RuntimeException error) {
      if (!result.has("steps")) result.put("unsupported", String.valueOf(error));
    }
    return result;
  }

  private static void steps(JsonNode scenario, Build build, TopologyTestDriver driver, ObjectNode result) {
    ArrayNode steps = result.putArray("steps");
    ArrayNode stores = result.putArray("stores");
    for (JsonNode step : scenario.get("steps")) {
      ObjectNode made = steps.addObject();
      boolean failed = false;
      try {
        if (step.has("advanceWallClock")) {
          driver.advanceWallClockTime(Duration.ofMillis(step.get("advanceWallClock").longValue()));
        } else if (step.get("in").isArray()) {
          for (JsonNode record : step.get("in")) pipe(record, build, driver);
        } else {
          pipe(step.get("in"), build, driver);
        }
      } catch (RuntimeException error) {
        made.put("error", true);
        made.put("message", String.valueOf(error));
        failed = true;
      }
      ArrayNode out = made.putArray("out");
      if (failed) return;
      for (String topic : build.outputs) {
        var records = driver.createOutputTopic(topic, Any.SERDE.deserializer(), Any.SERDE.deserializer());
        for (var record : records.readRecordsToList()) {
          ObjectNode one = out.addObject().put("topic", topic);
          one.set("key", Any.toJson(record.key()));
          one.set("value", Any.toJson(record.value()));
          one.put("ts", record.timestamp());
        }
      }
      ArrayNode contents = stores.addArray();
      for (var entry : driver.getAllStateStores().entrySet()) {
        ArrayNode entries = entries(entry.getValue());
        if (entries != null) contents.addObject().put("store", entry.getKey()).set("entries", entries);
      }
    }
  }

  private static void pipe(JsonNode record, Build build, TopologyTestDriver driver) {
    String topic = record.get("topic").textValue();
    JsonNode op = build.inputs.get(topic);
    driver
        .createInputTopic(
            topic, Any.typed(op.get("key").textValue()).serializer(), Any.typed(op.get("value").textValue()).serializer())
        .pipeInput(Any.of(record.get("key")), Any.of(record.get("value")), record.get("ts").longValue());
  }

  private static ArrayNode entries(StateStore store) {
    ArrayNode entries = Any.JSON.createArrayNode();
    try {
      if (store instanceof TimestampedKeyValueStore<?, ?> kept) {
        try (var all = kept.all()) {
          all.forEachRemaining(e -> entry(entries, e.key, e.value.value(), e.value.timestamp()));
        }
      } else if (store instanceof TimestampedWindowStore<?, ?> kept) {
        try (var all = kept.all()) {
          all.forEachRemaining(e -> entry(entries, e.key, e.value.value(), e.value.timestamp()));
        }
      } else if (store instanceof KeyValueStore<?, ?> kept) {
        try (var all = kept.all()) {
          all.forEachRemaining(e -> entry(entries, e.key, e.value, null));
        }
      } else {
        return null;
      }
    } catch (ClassCastException | UnsupportedOperationException notPublic) {
      return null;
    }
    return entries;
  }

  private static void entry(ArrayNode entries, Object key, Object value, Long timestamp) {
    ObjectNode one = entries.addObject();
    one.set("key", Any.toJson(key));
    one.set("value", Any.toJson(value));
    if (timestamp != null) one.put("ts", timestamp);
  }
}
