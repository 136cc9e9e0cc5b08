export type { Compression } from '@millrace/kafka-protocol';
export { type KafkaLog, kafkaLog } from './kafka-log.ts';
export type { KafkaLogOptions } from './options.ts';
