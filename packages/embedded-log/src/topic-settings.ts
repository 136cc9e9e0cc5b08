import { type Compression, compressions } from '@millrace/kafka-protocol';
import { LogError } from '@millrace/log-client';
import type { TopicConfigs } from './format/log-event.ts';

/** What is expected of a setting's value, and whether a value is that. */
interface Kind {
  readonly expected: string;
  readonly accepts: (value: string) => boolean;
}

function whole(min: number): Kind {
  return {
    expected: `a whole number from ${min} on`,
    accepts: (value) => /^-?\d+$/.test(value) && Number(value) >= min && Number.isSafeInteger(Number(value)),
  };
}

function oneOf(...names: readonly string[]): Kind {
  return { expected: names.join(', '), accepts: (value) => names.includes(value) };
}

function listOf(...names: readonly string[]): Kind {
  return {
    expected: `one or more of ${names.join(', ')}, with commas between them`,
    accepts: (value) => value.split(',').every((one) => names.includes(one.trim())),
  };
}

const ratio: Kind = {
  expected: 'a number from 0 to 1',
  accepts: (value) => value.trim() !== '' && Number(value) >= 0 && Number(value) <= 1,
};
const flag = oneOf('true', 'false');
const throttled: Kind = { expected: 'text', accepts: () => true };

/**
 * Kafka's topic settings, so that a topic's definition fits both logs. Only some of them have an effect here.
 */
const kinds: Readonly<Record<string, Kind>> = {
  'cleanup.policy': listOf('delete', 'compact'),
  'compression.gzip.level': whole(-1),
  'compression.lz4.level': whole(1),
  'compression.type': oneOf('producer', 'uncompressed', 'gzip', 'snappy', 'lz4', 'zstd'),
  'compression.zstd.level': whole(-131_072),
  'delete.retention.ms': whole(0),
  'file.delete.delay.ms': whole(0),
  'flush.messages': whole(1),
  'flush.ms': whole(0),
  'follower.replication.throttled.replicas': throttled,
  'index.interval.bytes': whole(0),
  'leader.replication.throttled.replicas': throttled,
  'local.retention.bytes': whole(-2),
  'local.retention.ms': whole(-2),
  'max.compaction.lag.ms': whole(1),
  'max.message.bytes': whole(0),
  'message.timestamp.after.max.ms': whole(0),
  'message.timestamp.before.max.ms': whole(0),
  'message.timestamp.type': oneOf('CreateTime', 'LogAppendTime'),
  'min.cleanable.dirty.ratio': ratio,
  'min.compaction.lag.ms': whole(0),
  'min.insync.replicas': whole(1),
  preallocate: flag,
  'remote.log.copy.disable': flag,
  'remote.log.delete.on.disable': flag,
  'remote.storage.enable': flag,
  'retention.bytes': whole(-1),
  'retention.ms': whole(-1),
  'segment.bytes': whole(14),
  'segment.index.bytes': whole(4),
  'segment.jitter.ms': whole(0),
  'segment.ms': whole(1),
  'unclean.leader.election.enable': flag,
};

/**
 * Refuses settings that Kafka would refuse. @throws LogError `LOG_INVALID_CONFIG` naming topic, setting and
 * value
 */
export function assertTopicSettings(topic: string, configs: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(configs)) {
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
    if (kind === undefined) {
      throw new LogError(
        'LOG_INVALID_CONFIG',
        `Topic "${topic}" has an unknown setting "${name}": the settings are ${Object.keys(kinds).join(', ')}`,
      );
    }
    if (typeof value !== 'string' || !kind.accepts(value)) {
      throw new LogError(
        'LOG_INVALID_CONFIG',
        `Topic "${topic}": setting "${name}" cannot be ${JSON.stringify(value) ?? String(value)}: expected ${kind.expected}${typeof value === 'string' ? '' : ', as text'}`,
      );
    }
  }
}

/** What the settings of a topic come to, with the defaults for those that are not given. */
export interface TopicSettings {
  readonly deletes: boolean;
  readonly compacts: boolean;
  /** Infinity where records stay for good, as for all limits here. */
  readonly retentionMs: number;
  readonly retentionBytes: number;
  /** Undefined: as the log has it. */
  readonly segmentBytes: number | undefined;
  readonly segmentMs: number;
  readonly deleteRetentionMs: number;
  readonly minCleanableDirtyRatio: number;
  readonly minCompactionLagMs: number;
  readonly maxCompactionLagMs: number;
  readonly compression: Compression;
  /** The largest record, in bytes; undefined: as the log has it. */
  readonly maxMessageBytes: number | undefined;
  /** Whether the log sets the records' time. */
  readonly hasAppendTime: boolean;
}

const dayMs = 24 * 60 * 60 * 1000;

/** Kafka's defaults, where the settings have an effect here. */
const defaults: Readonly<Record<string, string>> = {
  'cleanup.policy': 'delete',
  'compression.type': 'producer',
  'delete.retention.ms': String(dayMs),
  'max.compaction.lag.ms': String(Number.MAX_SAFE_INTEGER),
  'message.timestamp.type': 'CreateTime',
  'min.cleanable.dirty.ratio': '0.5',
  'min.compaction.lag.ms': '0',
  'retention.bytes': '-1',
  'retention.ms': String(7 * dayMs),
  'segment.ms': String(7 * dayMs),
};

/** The settings that have an effect here, those not given with their defaults. */
export function effectiveConfigs(configs: TopicConfigs): TopicConfigs {
  return { ...defaults, ...configs };
}

export function settingsOf(configs: TopicConfigs): TopicSettings {
  const all = effectiveConfigs(configs);
  const policies = all['cleanup.policy']!.split(',').map((policy) => policy.trim());
  const number = (name: string): number => Number(all[name]);
  const limit = (name: string): number => (number(name) < 0 ? Number.POSITIVE_INFINITY : number(name));
  const given = (name: string): number | undefined => (all[name] === undefined ? undefined : number(name));
  const type = all['compression.type']!;
  return {
    deletes: policies.includes('delete'),
    compacts: policies.includes('compact'),
    retentionMs: limit('retention.ms'),
    retentionBytes: limit('retention.bytes'),
    segmentBytes: given('segment.bytes'),
    segmentMs: number('segment.ms'),
    deleteRetentionMs: number('delete.retention.ms'),
    minCleanableDirtyRatio: number('min.cleanable.dirty.ratio'),
    minCompactionLagMs: number('min.compaction.lag.ms'),
    maxCompactionLagMs: number('max.compaction.lag.ms'),
    compression: compressions.find((one) => one === type) ?? 'none',
    maxMessageBytes: given('max.message.bytes'),
    hasAppendTime: all['message.timestamp.type'] === 'LogAppendTime',
  };
}

/** Those of a topic that sets nothing. */
export const defaultSettings = settingsOf({});
