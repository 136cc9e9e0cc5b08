export type { Connector, ConnectorProblem } from './connector.ts';
export type { Claim, Destination, DestinationTransaction } from './destination.ts';
export { DestinationError, SinkFencedError } from './errors.ts';
export { type FileRelayOptions, type LinePlace, relayFile } from './file-relay.ts';
export {
  type Outbox,
  type OutboxEntry,
  type OutboxMapping,
  postgresOutbox,
  type PostgresOutboxOptions,
  sqliteOutbox,
  type SqliteOutboxOptions,
} from './outbox.ts';
export { type OutboxRelayOptions, relayOutbox } from './outbox-relay.ts';
export { type PgClient, type PgPool, postgres, type PostgresOptions } from './postgres.ts';
export { sinkTo, type SinkToOptions } from './sink.ts';
export { sqlite, type SqliteDatabase, type SqliteOptions } from './sqlite.ts';
export type { RowMapping, SqlRow } from './table-rows.ts';
export { webhook, type WebhookOptions } from './webhook.ts';
