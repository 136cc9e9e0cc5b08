import type { TopicPartition } from '@millrace/log-client';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
} from '@millrace/kafka-protocol/messages';
import { assignorMembers } from '../src/group/assignor-members.ts';
import { cooperativeAssignment } from '../src/group/cooperative-assignment.ts';

const partition = (number: number): TopicPartition => ({ topic: 'orders', partition: number });

describe('what members tell each other', () => {
  test('a subscription comes back as it was', () => {
    const subscription = {
      topics: ['orders', 'ünï'],
      userData: Buffer.from([1, 0, 255]),
      owned: [partition(3), partition(1)],
      generation: 7,
    };
    expect(decodeSubscription(encodeSubscription(subscription))).toEqual(subscription);
  });

  test('an assignment comes back as it was, and nothing means nothing', () => {
    const partitions = [partition(0), { topic: 'prices', partition: 0 }];
    for (const userData of [undefined, Buffer.alloc(0), Buffer.from([1, 0, 255])]) {
      expect(decodeAssignment(encodeAssignment({ partitions, userData }))).toEqual({ partitions, userData });
    }
    expect(decodeAssignment(Buffer.alloc(0))).toEqual({ partitions: [], userData: undefined });
  });

  test('what two members claim belongs to the one that heard of it last', () => {
    const of = (memberId: string, generation: number, owned: TopicPartition[]) => ({
      memberId,
      metadata: encodeSubscription({
        topics: ['orders'],
        userData: Buffer.alloc(0),
        owned,
        generation,
      }),
    });
    const members = assignorMembers([
      of('stale', 3, [partition(0), partition(1)]),
      of('fresh', 5, [partition(1)]),
    ]);
    expect(members.map(({ id, owned }) => [id, owned])).toEqual([
      ['stale', [partition(0)]],
      ['fresh', [partition(1)]],
    ]);
  });
});

describe('taking turns', () => {
  test('no partition is ever with two members, and all get where they should in two rounds', () => {
    const owners = fc.array(fc.integer({ min: -1, max: 3 }), { minLength: 1, maxLength: 12 });
    const targets = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 12, maxLength: 12 });
    fc.assert(
      fc.property(owners, targets, (owned, wanted) => {
        const ids = ['a', 'b', 'c', 'd'];
        const all = owned.map((_, index) => partition(index));
        const target = new Map(ids.map((id, index) => [id, all.filter((_, at) => wanted[at] === index)]));
        let held = new Map(ids.map((id, index) => [id, all.filter((_, at) => owned[at] === index)]));
        for (let round = 0; round < 2; round++) {
          const members = ids.map((id) => ({
            id,
            topics: ['orders'],
            userData: Buffer.alloc(0),
            owned: held.get(id)!,
          }));
          const given = cooperativeAssignment(target, members);
          // Before anyone has released anything: what is given and what is still held must not overlap.
          for (const [id, partitions] of given) {
            for (const other of ids.filter((one) => one !== id)) {
              const overlap = partitions.filter((one) => held.get(other)!.includes(one));
              expect(overlap).toEqual([]);
            }
          }
          held = new Map([...given].map(([id, partitions]) => [id, [...partitions]]));
        }
        expect(held).toEqual(target);
      }),
      { numRuns: 1000 },
    );
  });
});
