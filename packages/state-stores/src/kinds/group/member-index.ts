import type { Bytes } from '@millrace/log-client';
import type { Cell } from '../../layers/write-back.ts';

/** A member of a group that is in memory. */
export interface MemberEntry {
  readonly names: SameName;
  readonly cell: GroupCell;
  /** Its place among the cell's members. */
  at: number;
  /** Another of the same name, in another group. */
  next: MemberEntry | undefined;
  /** As the codec keeps it; undefined once it has been deleted. */
  kept: unknown;
  timestamp: number;
  /** The changelog does not have it as it is. */
  isChanged: boolean;
  /** The changelog has it, as it is or as it was. */
  isLogged: boolean;
}

/** A group that is in memory. */
export interface GroupCell extends Cell {
  readonly mapKey: unknown;
  readonly writtenKey: Bytes;
  readonly members: MemberEntry[];
  /** What they weigh together. */
  weight: number;
  /** The members in the order of their bytes; undefined where one has come or gone since. */
  sorted: MemberEntry[] | undefined;
}

/** The members of one name: of few groups, mostly of one. */
interface SameName {
  /** Its bytes, a character for each. */
  readonly name: string;
  first: MemberEntry | undefined;
}

/**
 * All members in memory, by name: of a row that points elsewhere now, the old place is found without its
 * group, and the new one by the same look-up.
 */
export class MemberIndex {
  readonly #byName = new Map<string, SameName>();
  /** What was asked for last: a row leaves one group and comes to another. */
  #last: SameName | undefined;

  #named(name: string): SameName | undefined {
    if (this.#last?.name === name) return this.#last;
    const found = this.#byName.get(name);
    if (found !== undefined) this.#last = found;
    return found;
  }

  /** A member of the group with this key for a Map, if it is known to be there. */
  byGroupKey(name: string, mapKey: unknown): MemberEntry | undefined {
    let member = this.#named(name)?.first;
    while (member !== undefined && member.cell.mapKey !== mapKey) member = member.next;
    return member;
  }

  find(name: string, cell: GroupCell): MemberEntry | undefined {
    let member = this.#named(name)?.first;
    while (member !== undefined && member.cell !== cell) member = member.next;
    return member;
  }

  /** Adds one that is not there. */
  add(name: string, cell: GroupCell): MemberEntry {
    let names = this.#named(name);
    if (names === undefined) {
      names = { name, first: undefined };
      this.#byName.set(name, names);
      this.#last = names;
    }
    const member: MemberEntry = {
      names,
      cell,
      at: cell.members.length,
      next: names.first,
      kept: undefined,
      timestamp: -1,
      isChanged: false,
      isLogged: false,
    };
    names.first = member;
    cell.members.push(member);
    cell.sorted = undefined;
    return member;
  }

  remove(member: MemberEntry): void {
    const { cell, at } = member;
    const last = cell.members.pop()!;
    if (last !== member) {
      cell.members[at] = last;
      last.at = at;
    }
    cell.sorted = undefined;
    this.#unlink(member);
  }

  /** Forgets all members of a group that leaves memory. */
  forget({ members }: GroupCell): void {
    for (const member of members) this.#unlink(member);
  }

  #unlink(member: MemberEntry): void {
    const { names, next } = member;
    if (names.first === member) names.first = next;
    else {
      let before = names.first!;
      while (before.next !== member) before = before.next!;
      before.next = next;
    }
    if (names.first !== undefined) return;
    this.#byName.delete(names.name);
    if (this.#last === names) this.#last = undefined;
  }
}
