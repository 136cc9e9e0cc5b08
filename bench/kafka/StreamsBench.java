import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.*;
import org.apache.kafka.streams.*;
import org.apache.kafka.streams.kstream.*;
import org.apache.kafka.streams.processor.StateRestoreListener;
import org.apache.kafka.streams.state.Stores;

/**
 * A job of the side-by-side measurement in Kafka Streams: `StreamsBench BROKERS JOB GUARANTEE APPLICATION STATE_DIR OUT`. Runs until
 * all input is committed and prints one line of JSON: seconds, CPU seconds, peak memory in bytes, restored records and seconds.
 */
public class StreamsBench {
  static final ObjectMapper JSON = new ObjectMapper();

  static Serde<JsonNode> json() {
    return Serdes.serdeFrom(
        (topic, node) -> {
          try {
            return node == null ? null : JSON.writeValueAsBytes(node);
          } catch (Exception error) {
            throw new RuntimeException(error);
          }
        },
        (topic, bytes) -> {
          try {
            return bytes == null ? null : JSON.readTree(bytes);
          } catch (Exception error) {
            throw new RuntimeException(error);
          }
        });
  }

  static Set<String> build(StreamsBuilder builder, String job, String out) {
    var key = Serdes.String();
    switch (job) {
      case "stateless" -> builder
          .stream("bench-input", Consumed.with(key, json()))
          .filter((k, v) -> v.get("quantity").intValue() > 2)
          .mapValues(v -> (JsonNode) ((ObjectNode) v).put("total", v.get("quantity").intValue() * v.get("price").doubleValue()))
          .to(out, Produced.with(key, json()));
      case "window-count" -> builder
          .stream("bench-input", Consumed.with(key, Serdes.ByteArray()))
          .groupByKey()
          .windowedBy(TimeWindows.ofSizeAndGrace(Duration.ofMinutes(1), Duration.ofSeconds(5)))
          .count(Materialized.as("counts"))
          .toStream()
          .to(out, Produced.with(WindowedSerdes.timeWindowedSerdeFrom(String.class, 60_000), Serdes.Long()));
      case "stream-table-join" -> {
        var rows = builder.table("bench-rows", Consumed.with(key, json()), Materialized.as("rows"));
        builder
            .stream("bench-input", Consumed.with(key, json()))
            .join(rows, (v, row) -> (JsonNode) ((ObjectNode) v).put("name", row.get("name").textValue()), Joined.with(key, json(), json()))
            .to(out, Produced.with(key, json()));
        return Set.of("bench-input", "bench-rows");
      }
      default -> throw new IllegalArgumentException(job);
    }
    return Set.of("bench-input");
  }

  public static void main(String[] args) throws Exception {
    String brokers = args[0], job = args[1], guarantee = args[2], application = args[3], stateDir = args[4], out = args[5];
    StreamsBuilder builder = new StreamsBuilder();
    Set<String> inputs = build(builder, job, out);
    Properties config = new Properties();
    config.put(StreamsConfig.APPLICATION_ID_CONFIG, application);
    config.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, brokers);
    config.put(StreamsConfig.STATE_DIR_CONFIG, stateDir);
    config.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
    config.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, guarantee.equals("exactly_once") ? StreamsConfig.EXACTLY_ONCE_V2 : StreamsConfig.AT_LEAST_ONCE);
    config.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 100);
    config.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 10 << 20);
    config.put(StreamsConfig.consumerPrefix("auto.offset.reset"), "earliest");
    // The input's times are years ago: a broker would delete what is to be restored.
    config.put(StreamsConfig.WINDOW_STORE_CHANGE_LOG_ADDITIONAL_RETENTION_MS_CONFIG, 100L * 365 * 86_400_000);
    config.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
    config.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.ByteArraySerde.class);
    AtomicLong restored = new AtomicLong(), restoreNanos = new AtomicLong(), restoreFrom = new AtomicLong();
    try (KafkaStreams streams = new KafkaStreams(builder.build(), config); Admin admin = Admin.create(Map.of("bootstrap.servers", brokers))) {
      streams.setGlobalStateRestoreListener(new StateRestoreListener() {
        public void onRestoreStart(TopicPartition p, String store, long start, long end) { restoreFrom.compareAndSet(0, System.nanoTime()); }
        public void onBatchRestored(TopicPartition p, String store, long end, long count) {}
        public void onRestoreEnd(TopicPartition p, String store, long total) { restored.addAndGet(total); restoreNanos.set(System.nanoTime() - restoreFrom.get()); }
      });
      CountDownLatch running = new CountDownLatch(1);
      streams.setStateListener((now, before) -> { if (now == KafkaStreams.State.RUNNING) running.countDown(); });
      streams.start();
      running.await();
      long started = System.nanoTime();
      Map<TopicPartition, OffsetSpec> all = new HashMap<>();
      for (var topic : admin.describeTopics(inputs).allTopicNames().get().values())
        topic.partitions().forEach(p -> all.put(new TopicPartition(topic.name(), p.partition()), OffsetSpec.latest()));
      var ends = admin.listOffsets(all, new ListOffsetsOptions(IsolationLevel.READ_COMMITTED)).all().get();
      while (true) {
        var committed = admin.listConsumerGroupOffsets(application).partitionsToOffsetAndMetadata().get();
        if (all.keySet().stream().allMatch(p -> committed.get(p) != null && committed.get(p).offset() >= ends.get(p).offset())) break;
        Thread.sleep(20);
      }
      double seconds = (System.nanoTime() - started) / 1e9;
      var os = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
      String peak = Files.readAllLines(Path.of("/proc/self/status")).stream().filter(l -> l.startsWith("VmHWM")).map(l -> l.replaceAll("\\D", "")).collect(Collectors.joining());
      System.out.printf(Locale.ROOT, "{\"seconds\":%.3f,\"cpuSeconds\":%.3f,\"peakBytes\":%d,\"restored\":%d,\"restoreSeconds\":%.3f}%n",
          seconds, os.getProcessCpuTime() / 1e9, Long.parseLong(peak) * 1024, restored.get(), restoreNanos.get() / 1e9);
    }
    System.exit(0);
  }
}
