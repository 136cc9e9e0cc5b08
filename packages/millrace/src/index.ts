export * from '@millrace/streams-core';
export {
  type Durability,
  EmbeddedLog,
  type EmbeddedLogOptions,
  type ThreadLog,
  threadLog,
} from '@millrace/embedded-log';
export {
  listen,
  type ListenOptions,
  type LogServer,
  type SharedLog,
  sharedLog,
  type SharedLogOptions,
} from '@millrace/log-server';
// What signatures of apps and handlers name of the log.
export {
  type CreateTopic,
  type EffectiveConfigs,
  type GroupDescription,
  type GroupInfo,
  type GroupMemberInfo,
  type GroupPartition,
  type GroupState,
  type Header,
  type Headers,
  isLogError,
  type LogAdmin,
  type LogClient,
  LogError,
  type LogErrorCode,
  type LogRecord,
  type ProducerRecord,
  type TopicConfig,
  type TopicInfo,
  type TopicPartition,
} from '@millrace/log-client';
