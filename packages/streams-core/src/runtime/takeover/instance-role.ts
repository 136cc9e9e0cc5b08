import type { LogClient, TopicPartition } from '@millrace/log-client';
import { StreamsError } from '../../errors.ts';
import { internalTopicsOf, takeoverTopic, topologyTopic } from '../../topology/built/owned-topics.ts';
import type { Topology } from '../../topology/built/topology.ts';
import type { ResolvedConfig } from '../config.ts';
import { type Fork, readRole, roleRecord } from './fork-record.ts';
import { FollowedGroup, type InputLimit } from './input-limit.ts';
import { shadowLog, shadowTopic } from './shadow-log.ts';

/** How an instance takes part in a takeover: not at all, nearly always. */
export interface InstanceRole {
  /** The log as the instance has it. */
  readonly log: LogClient;
  /** How far it may read of partitions; called once its tasks are known. */
  limits(partitions: readonly TopicPartition[]): Promise<readonly InputLimit[]>;
  /** Called once it is a member. @throws StreamsError `FORK_STATE` where it was promoted meanwhile */
  confirm(): Promise<void>;
}

/** @throws StreamsError `FORK_STATE` where the application may not run */
export async function instanceRole(topology: Topology, config: ResolvedConfig): Promise<InstanceRole> {
  const { log, applicationId } = config;
  const role = await readRole(log, applicationId);
  if (role === undefined || role.state === 'promoted')
    return { log, limits: async () => [], confirm: async () => {} };
  if (role.state === 'replaced') {
    throw new StreamsError(
      'FORK_STATE',
      `"${applicationId}" was replaced by "${role.by}", which does its work now: run that one. Delete the topic "${takeoverTopic(applicationId)}" to run this one all the same`,
    );
  }
  if (role.state === 'copying') {
    throw new StreamsError(
      'FORK_STATE',
      `The state of "${applicationId}" is not whole, because its fork was interrupted: run "millrace fork ${role.of} ${applicationId}" again`,
    );
  }
  return shadowRole(topology, config, role);
}

function shadowRole(topology: Topology, config: ResolvedConfig, fork: Fork): InstanceRole {
  const { log, applicationId, logger } = config;
  const own = new Set([
    ...internalTopicsOf(topology, applicationId),
    topologyTopic(applicationId),
    takeoverTopic(applicationId),
  ]);
  return {
    log: shadowLog(log, applicationId, (topic) => own.has(topic)),
    limits: async (partitions) => {
      const inputs = partitions.filter(({ topic }) => !own.has(topic));
      await noteReads(log, applicationId, fork, [...new Set(inputs.map(({ topic }) => topic))].toSorted());
      logger.info(
        { applicationId },
        `App "${applicationId}" is a shadow of "${fork.of}": it reads what that has committed, and writes to ${shadowTopic(applicationId, '*')}, until "millrace promote ${applicationId}"`,
      );
      const followed = inputs.filter(({ topic }) => !fork.newInputs.includes(topic));
      return [new FollowedGroup({ log, group: fork.of, partitions: followed })];
    },
    confirm: async () => {
      const now = await readRole(log, applicationId);
      if (now?.state === 'shadow') return;
      throw new StreamsError(
        'FORK_STATE',
        `"${applicationId}" was promoted while this instance started: start it again`,
      );
    },
  };
}

/** What a shadow reads, for those who ask whether it has caught up. */
async function noteReads(
  log: LogClient,
  applicationId: string,
  fork: Fork,
  reads: readonly string[],
): Promise<void> {
  if (JSON.stringify(fork.reads) === JSON.stringify(reads)) return;
  const producer = await log.producer();
  try {
    await producer.send([roleRecord(applicationId, { ...fork, reads: [...reads] })]);
  } finally {
    await producer.close();
  }
}
