import java.nio.file.Path;
import java.time.Duration;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.kstream.WindowedSerdes;

/**
 * The half of an exchange that Kafka Streams runs: `Exchange BROKERS PREFIX STATE_DIR`. Counts the words of PREFIX-words by the
 * minute into PREFIX-counts and says each word's length in PREFIX-lengths, exactly once, until its input ends.
 */
public class Exchange {
  public static void main(String[] args) throws Exception {
    String prefix = args[1];
    Properties settings = new Properties();
    settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, args[0]);
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, prefix + "-java");
    settings.put(StreamsConfig.STATE_DIR_CONFIG, Path.of(args[2]).toString());
    settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
    settings.put("auto.offset.reset", "earliest");

    var text = Serdes.String();
    var builder = new StreamsBuilder();
    var words = builder.stream(prefix + "-words", Consumed.with(text, text));
    var minute = Duration.ofMinutes(1);
    words
        .groupByKey(Grouped.with(text, text))
        .windowedBy(TimeWindows.ofSizeWithNoGrace(minute))
        .count()
        .toStream()
        .to(prefix + "-counts", Produced.with(WindowedSerdes.timeWindowedSerdeFrom(String.class, minute.toMillis()), Serdes.Long()));
    words
        .map((word, from) -> KeyValue.pair(word, word.length()))
        .to(prefix + "-lengths", Produced.with(text, Serdes.Integer()));

    var app = new KafkaStreams(builder.build(), settings);
    app.start();
    while (System.in.read() >= 0) {}
    app.close(Duration.ofSeconds(10));
  }
}
