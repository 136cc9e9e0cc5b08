import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { LogClient, LogRecord, TopicInfo } from '@millrace/log-client';
import { openStore, type StateStore } from '@millrace/state-stores/runtime';
import type { Logger } from '../../logger.ts';
import { ConfigError } from '../../errors.ts';
import { changelogName } from '../../topology/built/internal-topics.ts';
import type { SubTopology } from '../../topology/built/sub-topologies.ts';
import type { DeserializationExceptionHandler, StateRestoreListener } from '../../handlers.ts';
import { checkingSpec } from './checking-spec.ts';
import { RecordCollector } from '../task/output/record-collector.ts';
import { misfitOf, restoreStore } from './restore.ts';
import { openSource } from '../task/input/source-node.ts';
import type { TaskInput } from '../task/input/task-inputs.ts';
import type { TaskClock } from '../task/task-clock.ts';
import { type TaskId, taskName } from '../task/task-id.ts';

export interface OpenStoresOptions {
  readonly id: TaskId;
  readonly subTopology: SubTopology;
  readonly applicationId: string;
  readonly stateDir: string | undefined;
  readonly log: LogClient;
  readonly clock: TaskClock;
  readonly listener: StateRestoreListener;
  readonly realName: (topic: string) => string;
  readonly inputs: readonly TaskInput[];
  readonly onDeserializationError: DeserializationExceptionHandler;
  /** Ends restoring before it is done. */
  readonly signal: AbortSignal;
  /** Whether serdes check what they write, where they can. */
  readonly validate: boolean;
  readonly logger: Logger;
}

/** Opens a task's stores and brings each up to the end of its changelog. Closes them again if one fails. */
export async function openStores(options: OpenStoresOptions): Promise<Map<string, StateStore>> {
  const stores = new Map<string, StateStore>();
  try {
    const names = options.subTopology.stores.flatMap((spec) => changelogOf(spec, options) ?? []);
    const topics = await options.log.admin.topics(names);
    for (const spec of options.subTopology.stores) {
      const topic = topics.get(changelogOf(spec, options) ?? '');
      stores.set(spec.name, await openRestored(spec, topic, options));
    }
    return stores;
  } catch (error) {
    for (const store of stores.values()) await store.close();
    throw error;
  }
}

type Spec = SubTopology['stores'][number];

/** The topic a store is restored from: its changelog, or the one it is read from. */
function changelogOf(spec: Spec, { applicationId, realName }: OpenStoresOptions): string | undefined {
  if (spec.sourceTopic !== undefined) return realName(spec.sourceTopic);
  return spec.logging ? changelogName(applicationId, spec.name) : undefined;
}

/**
 * How far to restore. What was read from a source and not committed will be read again, and change the store
 * then.
 */
function endOf(spec: Spec, end: number, { inputs }: OpenStoresOptions): number {
  const input = inputs.find(({ topic }) => topic === spec.sourceTopic);
  return input === undefined ? end : (input.committed?.offset ?? input.startOffset);
}

function folder(spec: Spec, { id, applicationId, stateDir }: OpenStoresOptions): string | undefined {
  if (!spec.persistent) return undefined;
  if (stateDir === undefined) {
    throw new ConfigError(
      `StreamsApp: store "${spec.name}" is persistent, so "stateDir" must name a folder; or declare the store with persistent: false`,
    );
  }
  return path.join(stateDir, applicationId, taskName(id), spec.name);
}

async function openRestored(
  spec: Spec,
  topic: TopicInfo | undefined,
  options: OpenStoresOptions,
): Promise<StateStore> {
  const dir = folder(spec, options);
  const open = async (): Promise<StateStore> =>
    openStore(options.validate ? checkingSpec(spec) : spec, {
      ...options.clock.current,
      ...(dir === undefined ? {} : { dir }),
    });
  let store = await open();
  if (topic === undefined) return store;
  const { partition } = options.id;
  try {
    const [whole] = await options.log.admin.offsets([{ topic: topic.name, partition }], {
      awaitTransactions: true,
    });
    const range = { start: whole!.start, end: endOf(spec, whole!.end, options) };
    const misfit = misfitOf(store.checkpoint, topic, range);
    if (dir !== undefined && misfit !== undefined) {
      options.logger.warn(
        { applicationId: options.applicationId, dir, store: spec.name },
        `The store in ${dir} does not fit its topic "${topic.name}" and is rebuilt from that: ${misfit}`,
      );
      await store.close();
      await rm(dir, { recursive: true, force: true });
      store = await open();
    }
    const { log, listener, signal } = options;
    const changelog = { taskId: taskName(options.id), topic, partition };
    const accepts = spec.sourceTopic === undefined ? undefined : readable(spec.sourceTopic, topic, options);
    await restoreStore(store, { log, changelog, range, listener, signal, accepts });
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

/**
 * Whether the source reads a record: what the handler had left out when it came by must stay out of a store
 * that is restored from the same topic. Dead letters were sent then.
 */
function readable(
  sourceTopic: string,
  { name: realName }: TopicInfo,
  { id, subTopology, onDeserializationError }: OpenStoresOptions,
): ((record: LogRecord) => boolean) | undefined {
  for (const source of subTopology.sources) {
    const topic = source.topics.find(({ name }) => name === sourceTopic);
    if (topic === undefined) continue;
    const deserialize = openSource({
      node: source.name,
      addedAt: source.addedAt,
      topic,
      realName,
      partition: id.partition,
      onError: (error, record) => (onDeserializationError(error, record) === 'fail' ? 'fail' : 'continue'),
      collector: new RecordCollector(),
      directory: { realName: (name) => name, partitions: () => 1, knownPartitions: () => undefined },
      dropped: () => {},
    });
    return (record) => deserialize(record, -1) !== undefined;
  }
  return undefined;
}
