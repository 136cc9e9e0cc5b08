import type { GroupMember, LogRecord, RecordBatch } from '@millrace/log-client';
import { noHeaders } from '@millrace/log-client';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { InputLimit } from '../../../src/runtime/takeover/input-limit.ts';
import { LimitedMember } from '../../../src/runtime/takeover/limited-member.ts';

const partition = { topic: 't', partition: 0 };

function record(offset: number): LogRecord {
  return { key: null, value: null, timestamp: offset, headers: noHeaders, offset };
}

/** One partition of records at some offsets, polled some at a time. */
class OnePartition {
  position = 0;
  paused = false;
  readonly #offsets: readonly number[];
  readonly #end: number;

  constructor(offsets: readonly number[], end: number) {
    this.#offsets = offsets;
    this.#end = end;
  }

  poll(maxRecords: number): RecordBatch[] {
    if (this.paused || this.position >= this.#end) return [];
    const left = this.#offsets.filter((offset) => offset >= this.position);
    const records = left.slice(0, maxRecords).map(record);
    // Past gaps that hold nothing.
    this.position = left[maxRecords] ?? this.#end;
    return [{ ...partition, records, nextOffset: this.position }];
  }

  member(): GroupMember {
    const unused = (): never => {
      throw new Error('not called');
    };
    return {
      generation: { memberId: 'm', generation: 1 },
      poll: async ({ maxRecords }) => this.poll(maxRecords),
      seek: (_, offset) => {
        this.position = offset;
      },
      pause: () => {
        this.paused = true;
      },
      resume: () => {
        this.paused = false;
      },
      lag: () => this.#end - this.position,
      commit: unused,
      rejoin: unused,
      close: unused,
    };
  }
}

const Step = fc.oneof(
  fc.record({ do: fc.constant('limit' as const), by: fc.integer({ min: 0, max: 12 }) }),
  fc.record({ do: fc.constant('poll' as const), records: fc.integer({ min: 1, max: 7 }) }),
  fc.record({ do: fc.constantFrom('pause' as const, 'resume' as const, 'seek' as const) }),
);

test('records come in order, each once, none beyond the limit, and all before it in the end', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { maxLength: 40 }),
      fc.array(Step, { maxLength: 40 }),
      async (found, steps) => {
        const offsets = found.toSorted((a, b) => a - b);
        const source = new OnePartition(offsets, 61);
        let limitAt = 0;
        const limit: InputLimit = { isActive: true, refresh: async () => {}, of: () => limitAt };
        const member = new LimitedMember(source.member(), [limit]);
        let taken: number[] = [];
        let position = 0;
        let isPaused = false;
        const poll = async (maxRecords: number): Promise<void> => {
          for (const { records, nextOffset } of await member.poll({ maxWaitMs: 0, maxRecords })) {
            expect(isPaused && records.some(({ offset }) => offset >= limitAt)).toBe(false);
            taken.push(...records.map(({ offset }) => offset));
            expect(nextOffset).toBeGreaterThan(position);
            expect(nextOffset).toBeLessThanOrEqual(limitAt);
            position = nextOffset;
          }
          expect(taken).toEqual(offsets.filter((offset) => offset < position));
        };
        member.seek(partition, 0);
        for (const step of steps) {
          if (step.do === 'limit') limitAt = Math.min(61, limitAt + step.by);
          else if (step.do === 'poll') await poll(step.records);
          else if (step.do === 'pause') member.pause(partition);
          else if (step.do === 'resume') member.resume(partition);
          else {
            // As after a rebalance: from where it was committed, here the start.
            taken = [];
            position = 0;
            member.seek(partition, 0);
            member.resume(partition);
          }
          isPaused = step.do === 'pause' ? true : step.do === 'resume' ? false : isPaused;
          expect(member.lag(partition)).toBeLessThanOrEqual(Math.max(0, limitAt - position));
        }
        member.resume(partition);
        for (let round = 0; round < 70; round++) await poll(3);
        expect(taken).toEqual(offsets.filter((offset) => offset < limitAt));
        expect(position).toBe(limitAt);
        expect(member.lag(partition)).toBe(0);
      },
    ),
  );
});

test('a limit that begins during a poll holds for what that poll brings', async () => {
  const source = new OnePartition([0, 1, 2], 3);
  let isActive = false;
  const inner = source.member();
  const polling: GroupMember = {
    ...inner,
    poll: async (options) => {
      const batches = await inner.poll(options);
      isActive = true;
      return batches;
    },
  };
  const limit: InputLimit = {
    get isActive() {
      return isActive;
    },
    refresh: async () => {},
    of: () => 0,
  };
  const member = new LimitedMember(polling, [limit]);
  member.seek(partition, 0);
  expect(await member.poll({ maxWaitMs: 100, maxRecords: 10 })).toEqual([]);
  expect(await member.poll({ maxWaitMs: 100, maxRecords: 10 })).toEqual([]);
  expect(member.lag(partition)).toBe(0);
});
