import {
  deleteGroupsApi,
  describeGroupsApi,
  errorCodes,
  groupSnapshot,
  listGroupsApi,
  offsetDeleteApi,
  offsetFetchApi,
} from '@millrace/kafka-protocol/messages';
import { byTopic, type GroupInfo, type GroupSnapshot, type TopicPartition } from '@millrace/log-client';
import type { Cluster } from './cluster/cluster.ts';
import { assertOk } from './errors.ts';

/** The last version that asks for the offsets of one group, not of a list. */
const oneGroup = 7;

export interface FetchedOffset extends TopicPartition {
  /** -1 where nothing was committed. */
  readonly offset: number;
  readonly metadata: string;
}

/** What its coordinator says of a group; nothing for one that is not there. */
async function describe(cluster: Cluster, group: string) {
  const coordinator = await cluster.coordinator(group, 'group');
  const { groups } = await coordinator.send(describeGroupsApi, { groups: [group] });
  const { errorCode, ...found } = groups[0]!;
  if (errorCode === errorCodes.GROUP_ID_NOT_FOUND) return undefined;
  assertOk(errorCode, group);
  return found;
}

/** How many members a group has; 0 for one that is not there. */
export async function memberCount(cluster: Cluster, group: string): Promise<number> {
  return cluster.retry(
    `Looking at group ${group}`,
    async () => (await describe(cluster, group))?.members.length ?? 0,
  );
}

/** The consumer groups of a cluster, asked for at the brokers that coordinate them. */
export class KafkaGroups {
  readonly #cluster: Cluster;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** What a group has committed for some partitions; for `null`, for all. */
  offsets(group: string, partitions: readonly TopicPartition[] | null): Promise<readonly FetchedOffset[]> {
    return this.#cluster.retry(`Reading what ${group} has committed`, async () => {
      const coordinator = await this.#cluster.coordinator(group, 'group');
      const topics =
        partitions &&
        byTopic(partitions).map(({ topic: name, entries }) => ({
          name,
          partitionIndexes: entries.map(({ partition }) => partition),
        }));
      // Offsets that a transaction is still about to change are asked for again.
      const request = { groupId: group, topics, requireStable: true };
      const answer = await coordinator.send(offsetFetchApi, request, { newest: oneGroup });
      assertOk(answer.errorCode, group);
      return answer.topics.flatMap(({ name: topic, partitions: found }) =>
        found.map(({ partitionIndex: partition, errorCode, committedOffset: offset, metadata }) => {
          assertOk(errorCode, `${topic}-${partition}`);
          return { topic, partition, offset, metadata: metadata ?? '' };
        }),
      );
    });
  }

  async list(): Promise<GroupInfo[]> {
    const names = await this.#cluster.retry('Listing groups', async () => {
      // Each broker knows the groups that it looks after.
      const lists = await this.#cluster.all((broker) => broker.send(listGroupsApi, {}));
      for (const { errorCode } of lists) assertOk(errorCode);
      return [...new Set(lists.flatMap(({ groups }) => groups.map(({ groupId }) => groupId)))];
    });
    return Promise.all(names.map((name) => this.#group(name)));
  }

  async #group(group: string): Promise<GroupInfo> {
    const members = await memberCount(this.#cluster, group);
    return { group, members, committed: await this.offsets(group, null) };
  }

  /** Its members and its state; empty for one that is not there. */
  snapshot(group: string): Promise<GroupSnapshot> {
    return this.#cluster.retry(`Looking at group ${group}`, async () => {
      const { groupState = 'Dead', members = [] } = (await describe(this.#cluster, group)) ?? {};
      return groupSnapshot(groupState, members);
    });
  }

  /** Forgets groups; one that is not there is forgotten already. */
  async delete(names: readonly string[]): Promise<void> {
    for (const group of names) {
      await this.#cluster.retry(`Deleting group ${group}`, async () => {
        const coordinator = await this.#cluster.coordinator(group, 'group');
        const { results } = await coordinator.send(deleteGroupsApi, { groupsNames: [group] });
        for (const { errorCode } of results) {
          if (errorCode !== errorCodes.GROUP_ID_NOT_FOUND) assertOk(errorCode, group);
        }
      });
    }
  }

  async deleteOffsets(group: string, partitions: readonly TopicPartition[]): Promise<void> {
    if (partitions.length === 0) return;
    await this.#cluster.know(partitions);
    await this.#cluster.retry(`Deleting what ${group} has committed`, async () => {
      const coordinator = await this.#cluster.coordinator(group, 'group');
      const topics = byTopic(partitions).map(({ topic: name, entries }) => ({
        name,
        partitions: entries.map(({ partition }) => ({ partitionIndex: partition })),
      }));
      const answer = await coordinator.send(offsetDeleteApi, { groupId: group, topics });
      const results = answer.topics.flatMap(({ partitions: each }) => each);
      for (const { errorCode } of [answer, ...results]) {
        if (errorCode !== errorCodes.GROUP_ID_NOT_FOUND) assertOk(errorCode, group);
      }
    });
  }
}
