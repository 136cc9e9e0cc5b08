export type { Connector, ConnectorProblem } from './connector.ts';
export { debezium, debeziumKey, type CapturedChange } from './debezium.ts';
export type { Claim, Destination, DestinationTransaction } from './destination.ts';
export { DestinationError, SinkFencedError } from './errors.ts';
export { type CsvRelayOptions, type CsvRow, relayCsv } from './files/csv-relay.ts';
export {
  type FileRelayOptions,
  type FileRelaySettings,
  type LinePlace,
  type LineReader,
  relayFile,
} from './files/file-relay.ts';
export { files, type FilesOptions } from './files/files.ts';
export {
  type CsvField,
  csvLines,
  type CsvLinesOptions,
  jsonLines,
  type JsonLinesOptions,
  type LineFormat,
} from './files/line-format.ts';
export {
  type Outbox,
  type OutboxEntry,
  type OutboxMapping,
  postgresOutbox,
  type PostgresOutboxOptions,
  sqliteOutbox,
  type SqliteOutboxOptions,
} from './database/outbox.ts';
export { type OutboxRelayOptions, relayOutbox } from './database/outbox-relay.ts';
export { type PgClient, type PgPool, postgres, type PostgresOptions } from './database/postgres.ts';
export { sinkTo, type SinkToOptions } from './sink.ts';
export { sqlite, type SqliteDatabase, type SqliteOptions } from './database/sqlite.ts';
export type { RowMapping, SqlRow } from './database/table-rows.ts';
export { webhook, type WebhookOptions } from './webhook.ts';
