import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.*;
import java.util.stream.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.*;

/**
 * Kafka's own Java clients, for comparison. `Probe produce BROKERS TOPIC:TYPE:COMPRESSION:COUNT ...` writes records whose
 * keys are of a type; `Probe consume BROKERS PARTITIONS TOPIC ...` prints what it reads as committed, one line of
 * tab-separated hex texts for each record: topic, partition, timestamp, key, value, headers. One process does for many
 * topics, because it takes seconds to start.
 */
public class Probe {
  public static void main(String[] args) throws Exception {
    if (args[0].equals("produce")) {
      for (String each : Arrays.asList(args).subList(2, args.length)) {
        String[] parts = each.split(":");
        produce(args[1], parts[0], parts[1], parts[2], Integer.parseInt(parts[3]));
      }
    } else consume(args[1], Integer.parseInt(args[2]), Arrays.asList(args).subList(3, args.length));
  }

  static byte[] key(String type, int index) {
    return switch (type) {
      case "string" -> new StringSerializer().serialize("", "ключ-" + index);
      case "integer" -> new IntegerSerializer().serialize("", index * 7919 - 50);
      case "long" -> new LongSerializer().serialize("", index * 1_000_003L - 50);
      case "double" -> new DoubleSerializer().serialize("", index / 3.0 - 5);
      case "bytes" -> new byte[] {(byte) index, (byte) (index >> 8), -1};
      default -> throw new IllegalArgumentException(type);
    };
  }

  static void produce(String brokers, String topic, String type, String compression, int count) throws Exception {
    Map<String, Object> config = new HashMap<>();
    config.put("bootstrap.servers", brokers);
    config.put("compression.type", compression);
    config.put("linger.ms", 20);
    try (var producer = new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
      for (int index = 0; index < count; index++) {
        byte[] value = ("value " + index + " " + "x".repeat(index % 200)).getBytes(StandardCharsets.UTF_8);
        var record = new ProducerRecord<>(topic, null, 1_600_000_000_000L + index, key(type, index), value);
        record.headers().add("index", String.valueOf(index).getBytes(StandardCharsets.UTF_8)).add("null", null);
        producer.send(record);
      }
    }
  }

  static void consume(String brokers, int partitions, List<String> topics) {
    Map<String, Object> config = new HashMap<>();
    config.put("bootstrap.servers", brokers);
    config.put("isolation.level", "read_committed");
    try (var consumer = new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      List<TopicPartition> all =
          topics.stream()
              .flatMap(topic -> IntStream.range(0, partitions).mapToObj(one -> new TopicPartition(topic, one)))
              .toList();
      consumer.assign(all);
      consumer.seekToBeginning(all);
      Map<TopicPartition, Long> ends = consumer.endOffsets(all);
      HexFormat hex = HexFormat.of();
      while (all.stream().anyMatch(one -> consumer.position(one) < ends.get(one))) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
          String headers =
              StreamSupport.stream(record.headers().spliterator(), false)
                  .map(h -> h.key() + "=" + (h.value() == null ? "null" : hex.formatHex(h.value())))
                  .collect(Collectors.joining(","));
          System.out.println(
              record.topic() + "\t" + record.partition() + "\t" + record.timestamp() + "\t"
                  + (record.key() == null ? "null" : hex.formatHex(record.key())) + "\t"
                  + (record.value() == null ? "null" : hex.formatHex(record.value())) + "\t" + headers);
        }
      }
    }
  }
}
