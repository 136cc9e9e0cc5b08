import org.apache.kafka.common.serialization.*;

/** {@link Any#SERDE} as a class, for Kafka Streams' configuration. */
public class AnySerde implements Serde<Object> {
  @Override
  public Serializer<Object> serializer() {
    return Any.SERDE.serializer();
  }

  @Override
  public Deserializer<Object> deserializer() {
    return Any.SERDE.deserializer();
  }
}
