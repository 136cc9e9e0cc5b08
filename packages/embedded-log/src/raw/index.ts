// For servers of the log, such as @millrace/log-server: batches as they are, producers, transactions.
export type { GroupOffsets, TransactionalId } from '../format/log-event.ts';
export type { TopicState } from '../storage/log-state.ts';
export type { AppendListener, PartitionLog } from '../storage/partition-log.ts';
export { effectiveConfigs } from '../topic-settings.ts';
export type { RawLog } from './raw-log.ts';
export { Refusal } from '../refusal.ts';
export type { ProducerEpoch } from './client-transactions.ts';
