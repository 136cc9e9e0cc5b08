import { randomUUID } from 'node:crypto';
import { type RawLog, Refusal } from '@millrace/embedded-log/raw';
import { groupSnapshot } from '@millrace/kafka-protocol/messages';
import type { GroupSnapshot } from '@millrace/log-client';
import { ClassicGroup } from './classic-group.ts';
import type { JoinRequest } from './group-member.ts';

/** The consumer groups of a server: those with members, and those that have committed something. */
export class Groups {
  readonly #raw: RawLog;
  readonly #maxSize: number;
  readonly #groups = new Map<string, ClassicGroup>();

  constructor(raw: RawLog, maxSize: number) {
    this.#raw = raw;
    this.#maxSize = maxSize;
  }

  /** The group, made where it is not there. @throws Refusal */
  group(name: string): ClassicGroup {
    if (name === '') throw new Refusal('INVALID_GROUP_ID', 'a group has a name');
    let group = this.#groups.get(name);
    if (group === undefined) {
      const newMemberId = ({ groupInstanceId, clientId }: JoinRequest): string =>
        `${groupInstanceId ?? clientId}-${randomUUID()}`;
      group = new ClassicGroup({ name, maxSize: this.#maxSize, newMemberId });
      this.#groups.set(name, group);
    }
    return group;
  }

  /** The group of a client that joins. @throws Refusal where members of another kind have it */
  groupToJoin(name: string): ClassicGroup {
    if (this.#raw.nativeMembers(name) > 0) {
      const why = `group ${name} has members in the process that owns the log: all members join in the same way`;
      throw new Refusal('INCONSISTENT_GROUP_PROTOCOL', why);
    }
    return this.group(name);
  }

  /** The group, if it has members or has had some. */
  known(name: string): ClassicGroup | undefined {
    return this.#groups.get(name);
  }

  /** Whether there is such a group: with members, or with offsets. */
  exists(name: string): boolean {
    return (
      this.#raw.state.groups.has(name) ||
      (this.#groups.get(name)?.size ?? 0) > 0 ||
      this.#raw.nativeMembers(name) > 0
    );
  }

  names(): string[] {
    const withMembers = [...this.#groups.values()].filter(({ size }) => size > 0).map(({ name }) => name);
    return [...new Set([...this.#raw.state.groups.keys(), ...withMembers])];
  }

  /** The members of a group and what they have. */
  snapshot(name: string): GroupSnapshot {
    const { state = 'Empty', members = [] } = this.#groups.get(name) ?? {};
    const described = members.map(({ id: memberId, clientId, clientHost, assignment: memberAssignment }) => ({
      memberId,
      clientId,
      clientHost,
      memberAssignment,
    }));
    return groupSnapshot(state, described);
  }

  forget(name: string): void {
    this.#groups.delete(name);
  }

  /** @param now by `performance.now()` */
  expire(now: number): void {
    for (const group of this.#groups.values()) group.expire(now);
  }

  close(): void {
    for (const group of this.#groups.values()) group.close();
    this.#groups.clear();
  }
}
