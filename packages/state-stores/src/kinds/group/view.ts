import { latin1Of, type LogRecord, noHeaders, toBytes } from '@millrace/log-client';
import type { BytesChange } from '../../bytes-store.ts';
import { face } from '../../face.ts';
import { type GroupEntry, type GroupStore, groupStoreMembers } from './store.ts';
import { largeGrowth, largeWeightOf, valueWeight, WriteBack } from '../../layers/write-back.ts';
import { type KeyCodec, keyCodec, type ValueCodec, valueCodec } from '../../layers/codec.ts';
import { decodeGroup, encodeGroup, memberBytes, memberKey, parseMemberKey } from './layout.ts';
import { type GroupCell, type MemberEntry, MemberIndex } from './member-index.ts';
import { keyMemory } from '../../layers/key-memory.ts';
import type { ChangeList, StateStore } from '../../state-store.ts';
import type { ViewOptions } from '../../layers/view-options.ts';
import type { GroupSpec } from './spec.ts';
import { BackedView } from '../../layers/backed-view.ts';

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
  readonly #index = new MemberIndex();
  /** Those that the changelog does not have as they are, and some that are gone without it. */
  #changed: MemberEntry[] = [];
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
      large: ({ members }) => largeWeightOf(members),
    });
  }

  get #weight(): number {
    return this.#cells.size + this.#membersWeight;
  }

  load(): void {}

  get(group: G, member: Uint8Array): V | undefined {
    const found = this.#find(group, latin1Of(member));
    return found?.kept === undefined ? undefined : this.#values.give(found.kept, group);
  }

  members(group: G): GroupEntry<V>[] {
    const cell = this.#cell(this.#groups.mapKey(group), group);
    cell.sorted ??= [...cell.members].sort((a, b) => (a.names.name < b.names.name ? -1 : 1));
    return cell.sorted
      .filter(({ kept }) => kept !== undefined)
      .map(({ names, kept, timestamp }) => ({
        member: memberBytes(names.name),
        value: this.#values.give(kept, group),
        timestamp,
      }));
  }

  put(group: G, member: Uint8Array, value: V | null | undefined, timestamp: number): void {
    if (value === null || value === undefined) return this.delete(group, member, timestamp);
    const cell = this.#cell(this.#groups.mapKey(group), group);
    const found = this.#member(cell, latin1Of(member));
    this.#change(found, timestamp, this.#keep(found, this.#values.keep(value)));
  }

  delete(group: G, member: Uint8Array, timestamp: number): void {
    const found = this.#find(group, latin1Of(member));
    if (found === undefined) return;
    if (found.isLogged) return this.#change(found, timestamp, this.#keep(found, undefined));
    // What comes and goes between two commits leaves nothing to be logged.
    found.isChanged = false;
    this.writeBack.changed(found.cell, this.#forget(found));
  }

  #change(member: MemberEntry, timestamp: number, grown: number): void {
    member.timestamp = timestamp;
    if (!member.isChanged) {
      member.isChanged = true;
      this.#changed.push(member);
    }
    this.writeBack.changed(member.cell, grown);
  }

  /** Most are found by their name, without their group. */
  #find(group: G, name: string): MemberEntry | undefined {
    const mapKey = this.#groups.mapKey(group);
    return this.#index.byGroupKey(name, mapKey) ?? this.#index.find(name, this.#cell(mapKey, group));
  }

  /** The member to change; a new one where there is none. */
  #member(cell: GroupCell, name: string): MemberEntry {
    const found = this.#index.find(name, cell);
    if (found !== undefined) return found;
    const member = this.#index.add(name, cell);
    this.#grow(cell, memberWeight(member));
    return member;
  }

  /** Returns by how much a large value weighs more. */
  #keep(member: MemberEntry, kept: unknown): number {
    this.#grow(member.cell, valueWeight(kept) - valueWeight(member.kept));
    const grown = largeGrowth(member.kept, kept);
    member.kept = kept;
    return grown;
  }

  #grow(cell: GroupCell, weight: number): void {
    cell.weight += weight;
    this.#membersWeight += weight;
  }

  /** Returns what a large value weighed, as less. */
  #forget(member: MemberEntry): number {
    this.#index.remove(member);
    this.#grow(member.cell, -memberWeight(member));
    return largeGrowth(member.kept, undefined);
  }

  #cell(mapKey: unknown, group: G): GroupCell {
    return this.#cells.get(mapKey) ?? this.#readCell(mapKey, group);
  }

  #readCell(mapKey: unknown, group: G): GroupCell {
    const writtenKey = this.#groups.written(group);
    const bytes = this.writeBack.neverFlushed ? undefined : this.backing.get(toBytes(writtenKey));
    // All of them before any is taken in: one that cannot be read must not leave half a group.
    const stored = (bytes === undefined ? [] : decodeGroup(bytes)).map(({ name, value, timestamp }) => ({
      name,
      kept: this.#values.decode(value, writtenKey),
      timestamp,
    }));
    const cell: GroupCell = {
      mapKey,
      writtenKey,
      members: [],
      weight: 0,
      sorted: undefined,
      uncommitted: false,
      unflushed: false,
    };
    this.#cells.set(mapKey, cell);
    for (const { name, kept, timestamp } of stored) this.#takeIn(cell, name, { kept, timestamp });
    return cell;
  }

  /** Takes in a member as the disk or the changelog has it; returns by how much a large value weighs more. */
  #takeIn(
    cell: GroupCell,
    name: string,
    { kept, timestamp }: Pick<MemberEntry, 'kept' | 'timestamp'>,
  ): number {
    const member = this.#member(cell, name);
    member.isLogged = true;
    member.timestamp = timestamp;
    return this.#keep(member, kept);
  }

  #encode({ writtenKey, members }: GroupCell): BytesChange {
    const stored = members
      .filter(({ kept }) => kept !== undefined)
      .map(({ names, kept, timestamp }) => ({
        name: names.name,
        value: this.#values.encode(kept),
        timestamp,
      }));
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
      this.#index.forget(cell);
      this.#membersWeight -= cell.weight;
      surplus -= 1 + cell.weight;
    }
  }

  takeChanges(into?: ChangeList): void {
    this.writeBack.takeUncommitted();
    const memory = keyMemory(into);
    const changed = this.#changed;
    this.#changed = [];
    for (const member of changed) {
      if (!member.isChanged) continue;
      member.isChanged = false;
      member.isLogged = true;
      const { kept, timestamp } = member;
      if (kept === undefined) this.#forget(member);
      if (into === undefined) continue;
      const key = memberKey(member.cell.writtenKey, member.names.name, memory);
      into.push({
        key,
        value: kept === undefined ? null : this.#values.encode(kept),
        timestamp,
        headers: noHeaders,
      });
    }
  }

  restore({ key, value, timestamp }: LogRecord): void {
    if (key === null) return;
    const { group: groupBytes, name } = parseMemberKey(key);
    const group = this.#groups.read(groupBytes);
    const cell = this.#cell(this.#groups.mapKey(group), group);
    if (value !== null) {
      const kept = this.#values.decode(value, key);
      this.writeBack.restored(cell, this.#takeIn(cell, name, { kept, timestamp }));
    } else {
      const member = this.#index.find(name, cell);
      this.writeBack.restored(cell, member === undefined ? 0 : this.#forget(member));
    }
  }
}

function isLarge({ members }: GroupCell): boolean {
  return members.length > largeGroup;
}

function memberWeight({ kept }: Pick<MemberEntry, 'kept'>): number {
  return 1 + valueWeight(kept);
}
