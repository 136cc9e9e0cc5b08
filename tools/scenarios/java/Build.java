import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.*;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.*;
import org.apache.kafka.streams.processor.api.FixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorContext;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;
import org.apache.kafka.streams.state.*;

/** Builds the topology of a scenario with Kafka Streams' DSL, op by op. */
@SuppressWarnings({"unchecked", "rawtypes"})
final class Build {
  final StreamsBuilder builder = new StreamsBuilder();
  final Map<String, JsonNode> inputs = new LinkedHashMap<>();
  final Set<String> outputs = new LinkedHashSet<>();
  private final Map<String, Object> made = new HashMap<>();

  private KStream<Object, Object> stream(String id) {
    return (KStream) made.get(id);
  }

  private KTable<Object, Object> table(String id) {
    return (KTable) made.get(id);
  }

  private static String text(JsonNode op, String field) {
    return op.get(field).textValue();
  }

  private static Duration ms(JsonNode node, String field) {
    return Duration.ofMillis(node.get(field).longValue());
  }

  private Consumed<Object, Object> input(JsonNode op) {
    inputs.put(text(op, "topic"), op);
    return Consumed.with(Any.typed(text(op, "key")), Any.typed(text(op, "value")));
  }

  /** How a table is kept; null where the scenario does not name it. */
  private static Materialized<Object, Object, KeyValueStore<Bytes, byte[]>> keyValue(JsonNode op) {
    JsonNode store = op.get("store");
    if (store == null) return null;
    String name = text(store, "name");
    Materialized<Object, Object, KeyValueStore<Bytes, byte[]>> materialized =
        store.path("versioned").asBoolean()
            ? (Materialized) Materialized.as(Stores.persistentVersionedKeyValueStore(name, ms(store, "historyRetentionMs")))
            : Materialized.as(Stores.inMemoryKeyValueStore(name));
    return cached(materialized, store);
  }

  private static <S extends org.apache.kafka.streams.processor.StateStore>
      Materialized<Object, Object, S> cached(Materialized<Object, Object, S> materialized, JsonNode store) {
    if (!store.has("caching")) return materialized;
    return store.get("caching").booleanValue() ? materialized.withCachingEnabled() : materialized.withCachingDisabled();
  }

  private static <S extends org.apache.kafka.streams.processor.StateStore>
      Materialized<Object, Object, S> windowed(JsonNode op) {
    JsonNode store = op.get("store");
    Materialized<Object, Object, S> materialized =
        store == null ? Materialized.with(Any.SERDE, Any.SERDE) : Materialized.as(text(store, "name"));
    materialized = materialized.withKeySerde(Any.SERDE).withValueSerde(Any.SERDE);
    if (store == null) return materialized;
    if (store.has("retentionMs")) materialized = materialized.withRetention(ms(store, "retentionMs"));
    return cached(materialized, store);
  }

  private static Materialized<Object, Object, KeyValueStore<Bytes, byte[]>> any(JsonNode op) {
    var materialized = keyValue(op);
    return (materialized == null ? Materialized.<Object, Object, KeyValueStore<Bytes, byte[]>>with(Any.SERDE, Any.SERDE) : materialized)
        .withKeySerde(Any.SERDE)
        .withValueSerde(Any.SERDE);
  }

  void add(JsonNode op) {
    String id = op.path("id").asText(null);
    Object from = op.has("from") ? made.get(text(op, "from")) : null;
    switch (text(op, "op")) {
      case "stream" -> made.put(id, builder.stream(text(op, "topic"), input(op)));
      case "table" -> {
        var kept = keyValue(op);
        made.put(id, kept == null ? builder.table(text(op, "topic"), input(op)) : builder.table(text(op, "topic"), input(op), kept));
      }
      case "globalTable" -> made.put(id, builder.globalTable(text(op, "topic"), input(op)));
      case "filter", "filterNot" -> made.put(id, filter(op, from));
      case "map" -> made.put(id, ((KStream) from).map(Functions.map(op.get("mapper"))));
      case "mapValues" -> {
        var mapper = Functions.mapValues(op.get("mapper"));
        if (from instanceof KTable t) made.put(id, op.has("store") ? t.mapValues(mapper, any(op)) : t.mapValues(mapper));
        else made.put(id, ((KStream) from).mapValues(mapper));
      }
      case "flatMap" -> made.put(id, ((KStream) from).flatMap(Functions.flatMap(op.get("mapper"))));
      case "flatMapValues" -> made.put(id, ((KStream) from).flatMapValues(Functions.flatMapValues(op.get("mapper"))));
      case "selectKey" -> made.put(id, ((KStream) from).selectKey(Functions.newKey(op.get("mapper"))));
      case "peek" -> made.put(id, ((KStream<Object, Object>) from).peek((k, v) -> {}));
      case "merge" -> made.put(id, stream(text(op, "left")).merge(stream(text(op, "right"))));
      case "split" -> split(op, (KStream) from);
      case "repartition" -> made.put(id, ((KStream) from).repartition(Repartitioned.with(Any.SERDE, Any.SERDE)));
      case "process" -> {
        String[] stores = Processors.stores(op.get("processor"), builder);
        made.put(id, ((KStream) from).process(Processors.of(op.get("processor")), Named.as(id), stores));
      }
      case "processValues" -> made.put(id, ((KStream<Object, Object>) from).processValues(Lengths::new, Named.as(id)));
      case "toStream" -> made.put(id, op.has("keyMapper") ? ((KTable) from).toStream(Functions.newKey(op.get("keyMapper")), Named.as(id)) : ((KTable) from).toStream(Named.as(id)));
      case "toTable" -> made.put(id, ((KStream) from).toTable(any(op)));
      case "to" -> {
        var out = from instanceof KTable t ? t.toStream() : (KStream<Object, Object>) from;
        out.to(text(op, "topic"), Produced.with(Any.SERDE, Any.SERDE));
        outputs.add(text(op, "topic"));
      }
      case "groupByKey" -> made.put(id, ((KStream) from).groupByKey(Grouped.with(Any.SERDE, Any.SERDE)));
      case "groupBy" -> {
        if (from instanceof KTable t) made.put(id, t.groupBy(Functions.groupTable(op.get("mapper")), Grouped.with(Any.SERDE, Any.SERDE)));
        else made.put(id, ((KStream) from).groupBy(Functions.newKey(op.get("mapper")), Grouped.with(Any.SERDE, Any.SERDE)));
      }
      case "windowedBy" -> made.put(id, windowedBy(op, from));
      case "count" -> made.put(id, count(op, from));
      case "reduce" -> made.put(id, reduce(op, from));
      case "aggregate" -> made.put(id, aggregate(op, from));
      case "cogroup" -> {
        CogroupedKStream<Object, Object> cogrouped = null;
        for (JsonNode group : op.get("groups")) {
          KGroupedStream<Object, Object> grouped = (KGroupedStream) made.get(text(group, "from"));
          var aggregator = Functions.aggregator(group.get("aggregator"));
          cogrouped = cogrouped == null ? grouped.cogroup(aggregator) : cogrouped.cogroup(grouped, aggregator);
        }
        made.put(id, cogrouped);
      }
      case "join", "leftJoin", "outerJoin" -> made.put(id, join(op));
      case "suppress" -> made.put(id, ((KTable) from).suppress(suppressed(op)));
      default -> throw new UnsupportedOperationException("there is no op " + op.get("op"));
    }
  }

  private static final class Lengths implements FixedKeyProcessor<Object, Object, Object> {
    private FixedKeyProcessorContext<Object, Object> context;

    @Override
    public void init(FixedKeyProcessorContext<Object, Object> context) {
      this.context = context;
    }

    @Override
    public void process(FixedKeyRecord<Object, Object> record) {
      context.forward(record.withValue((Object) (long) String.valueOf(record.value()).length()));
    }
  }

  private Object filter(JsonNode op, Object from) {
    var predicate = Functions.predicate(op.get("predicate"));
    boolean not = text(op, "op").equals("filterNot");
    if (from instanceof KTable t) {
      var kept = keyValue(op);
      if (kept == null) return not ? t.filterNot(predicate) : t.filter(predicate);
      return not ? t.filterNot(predicate, kept) : t.filter(predicate, kept);
    }
    return not ? ((KStream) from).filterNot(predicate) : ((KStream) from).filter(predicate);
  }

  private void split(JsonNode op, KStream<Object, Object> from) {
    var branched = from.split();
    for (JsonNode branch : op.get("branches")) {
      branched = branched.branch(Functions.predicate(branch.get("predicate")), Branched.withConsumer(s -> made.put(text(branch, "id"), s)));
    }
    if (op.has("default")) branched.defaultBranch(Branched.withConsumer(s -> made.put(text(op, "default"), s)));
    else branched.noDefaultBranch();
  }

  private Object windowedBy(JsonNode op, Object from) {
    JsonNode w = op.get("window");
    boolean onClose = op.path("emit").asText("").equals("onWindowClose");
    if (from instanceof CogroupedKStream c) {
      return switch (text(w, "type")) {
        case "time" -> c.windowedBy(time(w));
        case "sliding" -> c.windowedBy(SlidingWindows.ofTimeDifferenceAndGrace(ms(w, "diffMs"), ms(w, "graceMs")));
        case "session" -> c.windowedBy(SessionWindows.ofInactivityGapAndGrace(ms(w, "gapMs"), ms(w, "graceMs")));
        default -> c.windowedBy(UnlimitedWindows.of().startOn(java.time.Instant.ofEpochMilli(w.get("startMs").longValue())));
      };
    }
    KGroupedStream<Object, Object> grouped = (KGroupedStream) from;
    return switch (text(w, "type")) {
      case "time" -> emit(grouped.windowedBy(time(w)), onClose);
      case "sliding" -> emit(grouped.windowedBy(SlidingWindows.ofTimeDifferenceAndGrace(ms(w, "diffMs"), ms(w, "graceMs"))), onClose);
      case "session" -> {
        var windowed = grouped.windowedBy(SessionWindows.ofInactivityGapAndGrace(ms(w, "gapMs"), ms(w, "graceMs")));
        yield onClose ? windowed.emitStrategy(EmitStrategy.onWindowClose()) : windowed;
      }
      default -> emit(grouped.windowedBy(UnlimitedWindows.of().startOn(java.time.Instant.ofEpochMilli(w.get("startMs").longValue()))), onClose);
    };
  }

  private static TimeWindows time(JsonNode w) {
    return TimeWindows.ofSizeAndGrace(ms(w, "sizeMs"), ms(w, "graceMs")).advanceBy(ms(w, "advanceMs"));
  }

  private static Object emit(TimeWindowedKStream<Object, Object> windowed, boolean onClose) {
    return onClose ? windowed.emitStrategy(EmitStrategy.onWindowClose()) : windowed;
  }

  private static Object count(JsonNode op, Object from) {
    JsonNode store = op.get("store");
    if (from instanceof KGroupedStream g) return g.count(longs(keyValue(op)));
    if (from instanceof KGroupedTable g) return g.count(longs(keyValue(op)));
    Materialized kept = store == null ? Materialized.with(Any.SERDE, null) : Materialized.as(text(store, "name")).withKeySerde((org.apache.kafka.common.serialization.Serde) Any.SERDE);
    if (store != null && store.has("retentionMs")) kept = kept.withRetention(ms(store, "retentionMs"));
    if (store != null) kept = cached(kept, store);
    if (from instanceof TimeWindowedKStream w) return w.count(kept);
    return ((SessionWindowedKStream) from).count(kept);
  }

  private static Materialized longs(Materialized kept) {
    return kept == null ? Materialized.with(Any.SERDE, null) : kept.withKeySerde(Any.SERDE);
  }

  private static Object reduce(JsonNode op, Object from) {
    if (from instanceof KGroupedTable g) return g.reduce(Functions.fold(op.get("adder")), Functions.fold(op.get("subtractor")), any(op));
    Reducer<Object> reducer = Functions.fold(op.get("reducer"));
    if (from instanceof KGroupedStream g) return g.reduce(reducer, any(op));
    if (from instanceof TimeWindowedKStream w) return w.reduce(reducer, windowed(op));
    return ((SessionWindowedKStream) from).reduce(reducer, windowed(op));
  }

  private static Object aggregate(JsonNode op, Object from) {
    Initializer<Object> initial = Functions.initializer(op.get("initializer"));
    Merger<Object, Object> merger = null;
    if (op.has("merger")) {
      Reducer<Object> fold = Functions.fold(op.get("merger"));
      merger = (key, a, b) -> fold.apply(a, b);
    }
    if (from instanceof CogroupedKStream c) return c.aggregate(initial, any(op));
    if (from instanceof TimeWindowedCogroupedKStream c) return c.aggregate(initial, windowed(op));
    if (from instanceof SessionWindowedCogroupedKStream c) return c.aggregate(initial, merger, windowed(op));
    if (from instanceof KGroupedTable g) return g.aggregate(initial, Functions.aggregator(op.get("adder")), Functions.aggregator(op.get("subtractor")), any(op));
    var aggregator = Functions.aggregator(op.get("aggregator"));
    if (from instanceof KGroupedStream g) return g.aggregate(initial, aggregator, any(op));
    if (from instanceof TimeWindowedKStream w) return w.aggregate(initial, aggregator, windowed(op));
    return ((SessionWindowedKStream) from).aggregate(initial, aggregator, merger, windowed(op));
  }

  private Object join(JsonNode op) {
    String how = text(op, "op");
    var joiner = Functions.joiner(op.get("joiner"));
    return switch (text(op, "kind")) {
      case "stream-stream" -> {
        JsonNode w = op.get("window");
        var windows = JoinWindows.ofTimeDifferenceAndGrace(Duration.ZERO, ms(w, "graceMs")).before(ms(w, "beforeMs")).after(ms(w, "afterMs"));
        var joined = StreamJoined.with(Any.SERDE, Any.SERDE, Any.SERDE);
        var left = stream(text(op, "left"));
        var right = stream(text(op, "right"));
        yield how.equals("join") ? left.join(right, joiner, windows, joined) : how.equals("leftJoin") ? left.leftJoin(right, joiner, windows, joined) : left.outerJoin(right, joiner, windows, joined);
      }
      case "stream-table" -> {
        Joined<Object, Object, Object> joined = Joined.with(Any.SERDE, Any.SERDE, Any.SERDE);
        if (op.has("graceMs")) joined = joined.withGracePeriod(ms(op, "graceMs")).withName(text(op, "id"));
        var left = stream(text(op, "left"));
        var right = table(text(op, "right"));
        yield how.equals("join") ? left.join(right, joiner, joined) : left.leftJoin(right, joiner, joined);
      }
      case "stream-globalTable" -> {
        KeyValueMapper<Object, Object, Object> selector = Functions.newKey(op.get("keySelector"));
        ValueJoiner<Object, Object, Object> plain = (l, r) -> joiner.apply(null, l, r);
        GlobalKTable<Object, Object> global = (GlobalKTable) made.get(text(op, "right"));
        var left = stream(text(op, "left"));
        ValueJoinerWithKey<Object, Object, Object, Object> keyed = joiner::apply;
        yield how.equals("join") ? left.join(global, selector, keyed) : left.leftJoin(global, selector, keyed);
      }
      case "table-table" -> tables(op, how);
      case "fk" -> foreign(op, how);
      default -> throw new UnsupportedOperationException("there is no join kind " + op.get("kind"));
    };
  }

  private Object tables(JsonNode op, String how) {
    var left = table(text(op, "left"));
    var right = table(text(op, "right"));
    var joiner = Functions.tableJoiner(op.get("joiner"));
    if (!op.has("store")) {
      return how.equals("join") ? left.join(right, joiner) : how.equals("leftJoin") ? left.leftJoin(right, joiner) : left.outerJoin(right, joiner);
    }
    var kept = any(op);
    return how.equals("join") ? left.join(right, joiner, kept) : how.equals("leftJoin") ? left.leftJoin(right, joiner, kept) : left.outerJoin(right, joiner, kept);
  }

  private Object foreign(JsonNode op, String how) {
    var left = table(text(op, "left"));
    var right = table(text(op, "right"));
    var joiner = Functions.tableJoiner(op.get("joiner"));
    var key = Functions.foreignKey(op.get("foreignKey"));
    var kept = any(op);
    return how.equals("join") ? left.join(right, key, joiner, kept) : left.leftJoin(right, key, joiner, kept);
  }

  private static Suppressed suppressed(JsonNode op) {
    JsonNode until = op.get("until");
    JsonNode b = op.get("buffer");
    if (until.has("timeLimitMs")) {
      Duration limit = until.get("timeLimitMs").isTextual() ? Duration.ofMillis(Long.MAX_VALUE) : ms(until, "timeLimitMs");
      if (b.has("unbounded")) return Suppressed.untilTimeLimit(limit, Suppressed.BufferConfig.unbounded());
      Suppressed.EagerBufferConfig eager = limits(b);
      return Suppressed.untilTimeLimit(limit, text(b, "whenFull").equals("emit") ? eager.emitEarlyWhenFull() : (Suppressed.BufferConfig) eager.shutDownWhenFull());
    }
    return Suppressed.untilWindowCloses(b.has("unbounded") ? Suppressed.BufferConfig.unbounded() : limits(b).shutDownWhenFull());
  }

  private static Suppressed.EagerBufferConfig limits(JsonNode b) {
    if (b.has("maxRecords")) {
      var config = Suppressed.BufferConfig.maxRecords(b.get("maxRecords").longValue());
      return b.has("maxBytes") ? config.withMaxBytes(b.get("maxBytes").longValue()) : config;
    }
    return Suppressed.BufferConfig.maxBytes(b.get("maxBytes").longValue());
  }
}
