import type { GroupInfo, TopicPartition } from '@millrace/log-client';
import type { Cluster } from './cluster/cluster.ts';
import { deleteGroupsRequest, deleteOffsetsRequest } from './wire/delete-groups.ts';
import { assertOk, errorName } from './wire/error-codes.ts';
import { type FetchedOffset, offsetFetchRequest } from './wire/offsets.ts';

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
      const { errorCode, offsets } = await coordinator.send(offsetFetchRequest(group, partitions));
      assertOk(errorCode, group);
      for (const offset of offsets) assertOk(offset.errorCode, `${offset.topic}-${offset.partition}`);
      return offsets;
    });
  }

  async list(): Promise<GroupInfo[]> {
    const names = await this.#cluster.retry('Listing groups', async () => {
      // Each broker knows the groups that it looks after.
      const lists = await this.#cluster.all((broker) => broker.call('ListGroups', undefined));
      return [...new Set(lists.flatMap(({ groups }) => groups.map(({ groupId }) => groupId)))];
    });
    return Promise.all(names.map((name) => this.#group(name)));
  }

  async #group(group: string): Promise<GroupInfo> {
    const { groups } = await this.#cluster.retry(`Looking at group ${group}`, async () => {
      const coordinator = await this.#cluster.coordinator(group, 'group');
      return coordinator.call('DescribeGroups', { groupIds: [group] });
    });
    const offsets = await this.offsets(group, null);
    const committed = offsets.map(({ topic, partition, offset, metadata }) => ({
      topic,
      partition,
      offset,
      metadata,
    }));
    return { group, members: groups[0]?.members.length ?? 0, committed };
  }

  /** Forgets groups; one that is not there is forgotten already. */
  async delete(names: readonly string[]): Promise<void> {
    for (const group of names) {
      await this.#cluster.retry(`Deleting group ${group}`, async () => {
        const coordinator = await this.#cluster.coordinator(group, 'group');
        const codes = await coordinator.send(deleteGroupsRequest([group]));
        for (const code of codes.values()) {
          if (errorName(code) !== 'GROUP_ID_NOT_FOUND') assertOk(code, group);
        }
      });
    }
  }

  async deleteOffsets(group: string, partitions: readonly TopicPartition[]): Promise<void> {
    if (partitions.length === 0) return;
    await this.#cluster.know(partitions);
    await this.#cluster.retry(`Deleting what ${group} has committed`, async () => {
      const coordinator = await this.#cluster.coordinator(group, 'group');
      for (const code of await coordinator.send(deleteOffsetsRequest(group, partitions))) {
        if (errorName(code) !== 'GROUP_ID_NOT_FOUND') assertOk(code, group);
      }
    });
  }
}
