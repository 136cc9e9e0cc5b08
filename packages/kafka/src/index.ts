export type { Compression } from './format/compression.ts';
export { type KafkaLog, kafkaLog } from './kafka-log.ts';
export type { KafkaLogOptions } from './options.ts';
