import { type Bytes, latin1Of, type LogRecord, noHeaders, toBytes } from '@millrace/log-client';
import type { BytesChange } from '../../bytes-store.ts';
import { face } from '../../face.ts';
import { type GroupEntry, type GroupStore, groupStoreMembers } from './store.ts';
import { type Cell, largeWeight, valueWeight, WriteBack } from '../../layers/write-back.ts';
import { type KeyCodec, keyCodec, type ValueCodec, valueCodec } from '../../layers/codec.ts';
import { decodeGroup, encodeGroup, memberBytes, memberKey, parseMemberKey } from './layout.ts';
import { keyMemory } from '../../layers/key-memory.ts';
import type { ChangeList, StateStore } from '../../state-store.ts';
import type { ViewOptions } from '../../layers/view-options.ts';
import type { GroupSpec } from './spec.ts';
import { BackedView } from '../../layers/backed-view.ts';

interface Member {
  readonly name: string;
  /** As the codec keeps it; undefined once it has been deleted. */
  kept: unknown;
  timestamp: number;
  changed: boolean;
}

interface GroupCell extends Cell {
  readonly writtenKey: Bytes;
  /** By their names. */
  readonly members: Map<string, Member>;
  /** What they weigh together. */
  weight: number;
  /** Those that the changelog does not have as they are. */
  changed: Member[];
  /** The members in order; undefined where one has come since. */
  sorted: Member[] | undefined;
}

/** A group of more members stays in memory: each change of one would read all of them again. */
const largeGroup = 100;

/**
 * Values by group and member. A group's members are in one value, so that all of them are a point read away;
 * the changelog has a record for each.
 */
export class GroupView<G, V> extends BackedView<GroupCell> implements StateStore, GroupStore<G, V> {
  readonly streamTime = -1;
  readonly kind = 'group';
  readonly face: GroupStore<G, V>;
  readonly #groups: KeyCodec<G>;
  readonly #values: ValueCodec<V>;
  readonly #cells = new Map<unknown, GroupCell>();
  /** What the members of all groups weigh. */
  #membersWeight = 0;
  protected readonly writeBack: WriteBack<GroupCell>;

  constructor(spec: GroupSpec<G, V>, options: ViewOptions) {
    super(spec.name, options.backing);
    this.face = face<GroupStore<G, V>>(this, groupStoreMembers);
    this.#groups = keyCodec(spec);
    this.#values = valueCodec(spec);
    this.writeBack = new WriteBack({
      ...options,
      encode: (cell) => this.#encode(cell),
      evict: (keep) => this.#evict(keep),
      size: () => this.#weight,
      large: largeMembers,
    });
  }

  get #weight(): number {
    return this.#cells.size + this.#membersWeight;
  }

  load(): void {}

  get(group: G, member: Uint8Array): V | undefined {
    const found = this.#cell(group).members.get(latin1Of(member));
    return found?.kept === undefined ? undefined : this.#values.give(found.kept, group);
  }

  members(group: G): GroupEntry<V>[] {
    const cell = this.#cell(group);
    cell.sorted ??= [...cell.members.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    return cell.sorted
      .filter(({ kept }) => kept !== undefined)
      .map(({ name, kept, timestamp }) => ({
        member: memberBytes(name),
        value: this.#values.give(kept, group),
        timestamp,
      }));
  }

  put(group: G, member: Uint8Array, value: V | null | undefined, timestamp: number): void {
    const cell = this.#cell(group);
    const found = this.#member(cell, latin1Of(member));
    const kept = value === null || value === undefined ? undefined : this.#values.keep(value);
    const grown = this.#keep(cell, found, kept);
    found.timestamp = timestamp;
    if (!found.changed) {
      found.changed = true;
      cell.changed.push(found);
    }
    this.writeBack.changed(cell, grown);
  }

  #member(cell: GroupCell, name: string): Member {
    let member = cell.members.get(name);
    if (member === undefined) {
      member = { name, kept: undefined, timestamp: -1, changed: false };
      cell.members.set(name, member);
      cell.sorted = undefined;
      this.#grow(cell, memberWeight(member));
    }
    return member;
  }

  /** Returns by how much a large value weighs more. */
  #keep(cell: GroupCell, member: Member, kept: unknown): number {
    this.#grow(cell, valueWeight(kept) - valueWeight(member.kept));
    const grown = largeWeight(kept) - largeWeight(member.kept);
    member.kept = kept;
    return grown;
  }

  #grow(cell: GroupCell, weight: number): void {
    cell.weight += weight;
    this.#membersWeight += weight;
  }

  /** Returns what a large value weighed, as less. */
  #forget(cell: GroupCell, name: string): number {
    const member = cell.members.get(name);
    if (member === undefined) return 0;
    cell.members.delete(name);
    cell.sorted = undefined;
    this.#grow(cell, -memberWeight(member));
    return -largeWeight(member.kept);
  }

  delete(group: G, member: Uint8Array, timestamp: number): void {
    this.put(group, member, undefined, timestamp);
  }

  #cell(group: G): GroupCell {
    const mapKey = this.#groups.mapKey(group);
    return this.#cells.get(mapKey) ?? this.#readCell(mapKey, this.#groups.written(group));
  }

  #readCell(mapKey: unknown, writtenKey: Bytes): GroupCell {
    const bytes = this.writeBack.neverFlushed ? undefined : this.backing.get(toBytes(writtenKey));
    const stored = bytes === undefined ? [] : decodeGroup(bytes);
    const members = new Map<string, Member>();
    let weight = 0;
    for (const { name, value, timestamp } of stored) {
      const kept = this.#values.decode(value, writtenKey);
      const member = { name, kept, timestamp, changed: false };
      members.set(name, member);
      weight += memberWeight(member);
    }
    const cell: GroupCell = {
      writtenKey,
      members,
      weight,
      changed: [],
      sorted: undefined,
      uncommitted: false,
      unflushed: false,
    };
    this.#cells.set(mapKey, cell);
    this.#membersWeight += weight;
    return cell;
  }

  #encode({ writtenKey, members }: GroupCell): BytesChange {
    const stored = [...members.values()]
      .filter(({ kept }) => kept !== undefined)
      .map(({ name, kept, timestamp }) => ({ name, value: this.#values.encode(kept), timestamp }));
    return { key: toBytes(writtenKey), value: stored.length === 0 ? undefined : encodeGroup(stored) };
  }

  #evict(keep: number): void {
    let surplus = this.#weight - keep;
    // Large groups take no room from the others.
    for (const cell of this.#cells.values()) if (isLarge(cell)) surplus -= cell.weight;
    for (const [mapKey, cell] of this.#cells) {
      if (surplus <= 0) break;
      if (cell.unflushed || isLarge(cell)) continue;
      this.#cells.delete(mapKey);
      this.#membersWeight -= cell.weight;
      surplus -= 1 + cell.weight;
    }
  }

  takeChanges(into?: ChangeList): void {
    const memory = keyMemory(into);
    for (const cell of this.writeBack.takeUncommitted()) {
      const { changed, writtenKey } = cell;
      cell.changed = [];
      for (const member of changed) {
        member.changed = false;
        const { kept, timestamp } = member;
        if (kept === undefined) this.#forget(cell, member.name);
        if (into === undefined) continue;
        const value = kept === undefined ? null : this.#values.encode(kept);
        into.push({ key: memberKey(writtenKey, member.name, memory), value, timestamp, headers: noHeaders });
      }
    }
  }

  restore({ key, value, timestamp }: LogRecord): void {
    if (key === null) return;
    const { group, name } = parseMemberKey(key);
    const cell = this.#cell(this.#groups.read(group));
    const grown =
      value === null
        ? this.#forget(cell, name)
        : this.#restoreMember(cell, name, { kept: this.#values.decode(value, key), timestamp });
    this.writeBack.restored(cell, grown);
  }

  #restoreMember(
    cell: GroupCell,
    name: string,
    { kept, timestamp }: Pick<Member, 'kept' | 'timestamp'>,
  ): number {
    const member = this.#member(cell, name);
    member.timestamp = timestamp;
    return this.#keep(cell, member, kept);
  }
}

function isLarge({ members }: GroupCell): boolean {
  return members.size > largeGroup;
}

function largeMembers({ members }: GroupCell): number {
  let weight = 0;
  for (const { kept } of members.values()) weight += largeWeight(kept);
  return weight;
}

function memberWeight({ kept }: Member): number {
  return 1 + valueWeight(kept);
}
