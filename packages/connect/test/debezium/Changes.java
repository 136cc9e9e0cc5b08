import io.debezium.engine.ChangeEvent;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.format.Json;
import java.util.Properties;
import java.util.concurrent.Executors;

/** Prints the changes of a PostgreSQL database as Debezium writes them: `Changes PORT SCHEMAS`. A line each: key, tab, value. */
public class Changes {
  public static void main(String[] args) throws Exception {
    Properties config = new Properties();
    config.setProperty("name", "changes");
    config.setProperty("connector.class", "io.debezium.connector.postgresql.PostgresConnector");
    config.setProperty("offset.storage", "org.apache.kafka.connect.storage.MemoryOffsetBackingStore");
    config.setProperty("offset.flush.interval.ms", "1000");
    config.setProperty("database.hostname", "127.0.0.1");
    config.setProperty("database.port", args[0]);
    config.setProperty("database.user", "postgres");
    config.setProperty("database.password", "");
    config.setProperty("database.dbname", "postgres");
    config.setProperty("topic.prefix", "shop");
    config.setProperty("plugin.name", "pgoutput");
    config.setProperty("slot.name", "changes_" + args[1]);
    config.setProperty("slot.drop.on.stop", "true");
    config.setProperty("skipped.operations", "none");
    config.setProperty("converter.schemas.enable", args[1]);
    config.setProperty("key.converter.schemas.enable", args[1]);
    config.setProperty("value.converter.schemas.enable", args[1]);
    DebeziumEngine<ChangeEvent<String, String>> engine =
        DebeziumEngine.create(Json.class)
            .using(config)
            .using((success, message, error) -> {
              if (error != null) error.printStackTrace();
            })
            .notifying(event -> System.out.println(event.key() + "\t" + event.value()))
            .build();
    Executors.newSingleThreadExecutor().execute(engine);
    // Until the test has seen enough, and closes this end.
    while (System.in.read() >= 0) {}
    engine.close();
    System.exit(0);
  }
}
