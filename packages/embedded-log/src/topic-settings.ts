import { LogError } from '@millrace/log-client';

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
 * Refuses settings that Kafka would refuse. @throws LogError `LOG_INVALID_TOPIC` naming topic, setting and
 * value
 */
export function assertTopicSettings(topic: string, configs: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(configs)) {
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
    if (kind === undefined) {
      throw new LogError(
        'LOG_INVALID_TOPIC',
        `Topic "${topic}" has an unknown setting "${name}": the settings are ${Object.keys(kinds).join(', ')}`,
      );
    }
    if (typeof value !== 'string' || !kind.accepts(value)) {
      throw new LogError(
        'LOG_INVALID_TOPIC',
        `Topic "${topic}": setting "${name}" cannot be ${JSON.stringify(value) ?? String(value)}: expected ${kind.expected}${typeof value === 'string' ? '' : ', as text'}`,
      );
    }
  }
}
