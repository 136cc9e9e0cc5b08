import type { Serde } from '@millrace/log-client';
import { mapKeyOf } from './codec.ts';

/** What tells keys apart: strings or numbers, equal in both parts exactly where the keys are. */
export interface KeyParts<in K> {
  readonly group?: ((key: K) => unknown) | undefined;
  readonly member: (key: K) => unknown;
}

/** One item for each key; keys are compared by their parts. */
export class KeyMap<K, T> {
  readonly #group: ((key: K) => unknown) | undefined;
  readonly #member: (key: K) => unknown;
  /** Where keys have no groups. */
  #all = new Map<unknown, T>();
  #groups = new Map<unknown, Map<unknown, T>>();
  #size = 0;

  constructor({ group, member }: KeyParts<K>) {
    this.#group = group;
    this.#member = member;
  }

  get size(): number {
    return this.#size;
  }

  get(key: K): T | undefined {
    const members = this.#group === undefined ? this.#all : this.#groups.get(this.#group(key));
    return members?.get(this.#member(key));
  }

  /** For a key that has nothing yet. */
  add(key: K, item: T): void {
    this.#membersOf(key).set(this.#member(key), item);
    this.#size++;
  }

  #membersOf(key: K): Map<unknown, T> {
    if (this.#group === undefined) return this.#all;
    const group = this.#group(key);
    let members = this.#groups.get(group);
    if (members === undefined) {
      members = new Map();
      this.#groups.set(group, members);
    }
    return members;
  }

  delete(key: K): void {
    const members = this.#membersOf(key);
    if (members.delete(this.#member(key))) this.#size--;
    if (members.size === 0 && this.#group !== undefined) this.#groups.delete(this.#group(key));
  }

  clear(): void {
    this.#all = new Map();
    this.#groups = new Map();
    this.#size = 0;
  }
}

/** What tells a serde's keys apart. */
export function keyParts<K>(serde: Serde<K>): KeyParts<K> {
  if (serde.mapGroup === undefined || serde.mapMember === undefined) return { member: mapKeyOf(serde) };
  return { group: (key) => serde.mapGroup!(key), member: (key) => serde.mapMember!(key) };
}
