import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.kstream.*;

/** The named functions of docs/scenarios.md. */
final class Functions {
  private Functions() {}

  static String name(JsonNode named) {
    return named.isTextual() ? named.textValue() : named.get("fn").textValue();
  }

  private static UnsupportedOperationException missing(String role, JsonNode named) {
    return new UnsupportedOperationException("there is no " + role + " \"" + name(named) + "\"");
  }

  private static double num(Object value) {
    return value instanceof Number n ? n.doubleValue() : value == null ? 0 : Double.parseDouble((String) value);
  }

  private static Object sum(Object a, Object b) {
    return Any.number(num(a) + num(b));
  }

  static ValueJoinerWithKey<Object, Object, Object, Object> joiner(JsonNode named) {
    return switch (name(named)) {
      case "concat-plus" -> (k, l, r) -> l + "+" + r;
      case "concat-dash" -> (k, l, r) -> l + "-" + r;
      case "concat-pipe" -> (k, l, r) -> l + "|" + r;
      case "concat-percent" -> (k, l, r) -> l + "%" + r;
      case "paren-comma" -> (k, l, r) -> "(" + l + "," + r + ")";
      case "rejoin" -> (k, l, r) -> "rejoin(" + l + "," + r + ")";
      case "key-colon-sum" -> (k, l, r) -> k + ":" + sum(l, r);
      default -> throw missing("joiner", named);
    };
  }

  static ValueJoiner<Object, Object, Object> tableJoiner(JsonNode named) {
    var joiner = joiner(named);
    return (l, r) -> joiner.apply(null, l, r);
  }

  static Initializer<Object> initializer(JsonNode named) {
    return switch (name(named)) {
      case "str-0" -> () -> "0";
      case "str-empty" -> () -> "";
      case "int-0" -> () -> 0L;
      default -> throw missing("initializer", named);
    };
  }

  static Reducer<Object> fold(JsonNode named) {
    return switch (name(named)) {
      case "concat-plus" -> (a, v) -> a + "+" + v;
      case "concat-minus" -> (a, v) -> a + "-" + v;
      case "concat-colon" -> (a, v) -> a + ":" + v;
      case "concat" -> (a, v) -> "" + a + v;
      case "increment" -> (a, v) -> sum(a, 1L);
      case "sum" -> Functions::sum;
      case "subtract" -> (a, v) -> Any.number(num(a) - num(v));
      case "sum-parsed-int" -> (a, v) -> sum(a, Long.parseLong(String.valueOf(v)));
      case "remove-all-occurrences" -> (a, v) -> String.valueOf(a).replace(String.valueOf(v), "");
      default -> throw missing("aggregator", named);
    };
  }

  static Aggregator<Object, Object, Object> aggregator(JsonNode named) {
    Reducer<Object> fold = fold(named);
    return (key, value, aggregate) -> fold.apply(aggregate, value);
  }

  static Predicate<Object, Object> predicate(JsonNode named) {
    return switch (name(named)) {
      case "key-multiple-of" -> {
        long n = named.get("n").longValue();
        yield (k, v) -> num(k) % n == 0;
      }
      case "key-negative" -> (k, v) -> num(k) < 0;
      case "value-even" -> (k, v) -> num(v) % 2 == 0;
      case "value-equals-accept-ignore-case" -> (k, v) -> String.valueOf(v).equalsIgnoreCase("accept");
      default -> throw missing("predicate", named);
    };
  }

  static ValueMapperWithKey<Object, Object, Object> mapValues(JsonNode named) {
    return switch (name(named)) {
      case "length" -> (k, v) -> (Object) (long) String.valueOf(v).length();
      case "length-plus-key" -> (k, v) -> sum((long) String.valueOf(v).length(), k);
      case "digit-char-to-int" -> (k, v) -> (Object) (long) Character.getNumericValue(String.valueOf(v).charAt(0));
      case "parse-int" -> (k, v) -> (Object) Long.parseLong(String.valueOf(v));
      case "first-letter-index" -> (k, v) -> (Object) (long) (String.valueOf(v).charAt(0) - 'a');
      default -> throw missing("mapValues function", named);
    };
  }

  static KeyValueMapper<Object, Object, KeyValue<Object, Object>> map(JsonNode named) {
    return switch (name(named)) {
      case "swap" -> (k, v) -> KeyValue.pair(v, k);
      case "identity-kv" -> KeyValue::pair;
      case "key-letter-index" -> (k, v) -> KeyValue.pair((long) (String.valueOf(k).charAt(0) - 'A'), v);
      default -> throw missing("map function", named);
    };
  }

  static KeyValueMapper<Object, Object, Iterable<KeyValue<Object, Object>>> flatMap(JsonNode named) {
    return switch (name(named)) {
      case "repeat-key-times" -> (k, v) -> {
        List<KeyValue<Object, Object>> all = new ArrayList<>();
        for (long i = 0; i < num(k); i++) all.add(KeyValue.pair(String.valueOf((long) num(k) * 10 + i), v));
        return all;
      };
      case "identity-kv-list" -> (k, v) -> List.of(KeyValue.pair(k, v));
      default -> throw missing("flatMap function", named);
    };
  }

  static ValueMapperWithKey<Object, Object, Iterable<Object>> flatMapValues(JsonNode named) {
    return switch (name(named)) {
      case "v-and-V-prefix" -> (k, v) -> List.of("v" + v, "V" + v);
      case "v-prefix-and-k-key" -> (k, v) -> List.of("v" + v, "k" + k);
      default -> throw missing("flatMapValues function", named);
    };
  }

  private static final Map<String, String> WORDS = Map.of("1", "ONE", "2", "TWO", "3", "THREE");

  static KeyValueMapper<Object, Object, Object> newKey(JsonNode named) {
    return switch (name(named)) {
      case "key" -> (k, v) -> k;
      case "number-word-of-value" -> (k, v) -> WORDS.get(String.valueOf(v));
      case "number-word-of-key" -> (k, v) -> WORDS.get(String.valueOf(k));
      case "csv-second-token" -> (k, v) -> token(v, ",");
      case "always-null" -> (k, v) -> null;
      default -> throw missing("key selector", named);
    };
  }

  private static Object token(Object value, String sign) {
    String[] tokens = String.valueOf(value).split(java.util.regex.Pattern.quote(sign), -1);
    return tokens.length > 1 ? tokens[1] : null;
  }

  static java.util.function.Function<Object, Object> foreignKey(JsonNode named) {
    return switch (name(named)) {
      case "second-pipe-token" -> v -> token(v, "|");
      case "second-pipe-token-or-null" -> v -> "returnNull".equals(token(v, "|")) ? null : token(v, "|");
      case "first-dash-token-int" -> v -> (Object) Long.parseLong(String.valueOf(v).split("-")[0]);
      case "always-null" -> v -> null;
      default -> throw missing("foreign key", named);
    };
  }

  private static Object charAt(Object key, int index) {
    String text = String.valueOf(key);
    return text.length() > index ? text.substring(index, index + 1) : null;
  }

  static KeyValueMapper<Object, Object, KeyValue<Object, Object>> groupTable(JsonNode named) {
    return switch (name(named)) {
      case "identity-kv" -> KeyValue::pair;
      case "value-as-kv" -> (k, v) -> KeyValue.pair(v, v);
      case "first-char-second-char" -> (k, v) -> KeyValue.pair(charAt(k, 0), charAt(k, 1));
      case "value-to-int" -> (k, v) -> KeyValue.pair(k, (Object) (long) num(v));
      case "value-as-kv-null-aware" -> (k, v) ->
          "null".equals(k) ? KeyValue.pair(null, v) : "NULL".equals(k) ? null : KeyValue.pair(v, v);
      default -> throw missing("groupBy function", named);
    };
  }
}
