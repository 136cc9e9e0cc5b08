import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.kafka.common.serialization.*;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.kstream.internals.SessionWindow;

/** Values of scenarios: null, texts, whole numbers (Long), other numbers (Double); as JSON texts, windowed keys as objects. */
final class Any {
  static final ObjectMapper JSON = new ObjectMapper();

  private Any() {}

  static Object of(JsonNode node) {
    if (node == null || node.isNull()) return null;
    if (node.isTextual()) return node.textValue();
    return number(node.doubleValue());
  }

  static Object number(double value) {
    return value == Math.rint(value) && Math.abs(value) < 9e15 ? (Object) (long) value : (Object) value;
  }

  static JsonNode toJson(Object value) {
    if (value instanceof Windowed<?> windowed) {
      ObjectNode node = JSON.createObjectNode();
      node.set("key", toJson(windowed.key()));
      node.put("start", windowed.window().start());
      if (windowed.window().end() == Long.MAX_VALUE) node.put("end", "max");
      else node.put("end", windowed.window().end());
      return node;
    }
    if (value instanceof Double d && number(d) instanceof Long whole) return JSON.valueToTree(whole);
    return JSON.valueToTree(value);
  }

  static final Serde<Object> SERDE =
      Serdes.serdeFrom(
          (topic, value) -> {
            try {
              return value == null ? null : JSON.writeValueAsBytes(toJson(value));
            } catch (IOException error) {
              throw new UncheckedIOException(error);
            }
          },
          (topic, bytes) -> {
            try {
              if (bytes == null) return null;
              JsonNode node = JSON.readTree(bytes);
              if (!node.isObject()) return of(node);
              long end = node.get("end").isTextual() ? Long.MAX_VALUE : node.get("end").longValue();
              return new Windowed<>(of(node.get("key")), new SessionWindow(node.get("start").longValue(), end));
            } catch (IOException error) {
              throw new UncheckedIOException(error);
            }
          });

  /** A source's own bytes, whose values are those above. */
  static Serde<Object> typed(String type) {
    return switch (type) {
      case "string" -> convert(Serdes.String(), v -> (String) v);
      case "int" -> convert(Serdes.Integer(), v -> ((Number) v).intValue());
      case "long" -> convert(Serdes.Long(), v -> ((Number) v).longValue());
      case "double" -> convert(Serdes.Double(), v -> ((Number) v).doubleValue());
      default -> throw new IllegalArgumentException("there is no type " + type);
    };
  }

  private static <T> Serde<Object> convert(Serde<T> serde, java.util.function.Function<Object, T> to) {
    return Serdes.serdeFrom(
        (topic, value) -> value == null ? null : serde.serializer().serialize(topic, to.apply(value)),
        (topic, bytes) -> {
          Object value = bytes == null ? null : serde.deserializer().deserialize(topic, bytes);
          return value instanceof Number n ? number(n.doubleValue()) : value;
        });
  }
}
