import { EmbeddedLog } from '@millrace/embedded-log';
import { noHeaders } from '@millrace/log-client';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { decodeMetadata, encodeMetadata } from '../../src/runtime/task/input/commit-metadata.ts';
import { misfitOf, restoreStore } from '../../src/runtime/stores/restore.ts';
import { resetOffset } from '../../src/runtime/topics/offset-reset.ts';
import { ReadPositions } from '../../src/runtime/topics/open-inputs.ts';

afterEach(() => vi.useRealTimers());

describe('what is committed with an offset', () => {
  const times = {
    topicId: 'id-1',
    partitionTime: 5,
    streamTime: 9,
    operators: new Map([
      ['suppress', { value: 7 }],
      ['window', { value: -1 }],
    ]),
  };

  test('comes back as it was', () => {
    expect(decodeMetadata(encodeMetadata(times))).toEqual({
      topicId: 'id-1',
      partitionTime: 5,
      streamTime: 9,
      operators: new Map([
        ['suppress', 7],
        ['window', -1],
      ]),
    });
  });

  test.each([
    ['nothing', ''],
    ['a text of somebody else', 'AwAAAZ'],
    ['half of it', encodeMetadata(times).slice(0, 20)],
    ['a version that is not known', encodeMetadata(times).replace('"v":1', '"v":2')],
    ['a list', '[1]'],
  ])('says nothing where it is %s', (_, text) => {
    const nothing = { topicId: undefined, partitionTime: -1, streamTime: -1, operators: new Map() };
    expect(decodeMetadata(text)).toEqual(nothing);
  });
});

describe('positions of an app', () => {
  const at = { topic: 't', partition: 0 };
  const commit = (topicId: string, offset: number) => ({
    ...at,
    offset,
    metadata: encodeMetadata({ topicId, partitionTime: 0, streamTime: 0, operators: new Map() }),
  });

  test('are of one topic: those of an earlier one of its name are told apart', () => {
    const positions = new ReadPositions();
    expect(positions.ofEarlierTopic(at, 'first')).toBeUndefined();
    positions.committed([commit('first', 5)]);
    expect(positions.ofEarlierTopic(at, 'first')).toBeUndefined();
    expect(positions.ofEarlierTopic(at, 'second')).toBe(5);
    expect(positions.ofEarlierTopic({ ...at, partition: 1 }, 'second')).toBeUndefined();
    positions.committed([commit('second', 2)]);
    expect(positions.ofEarlierTopic(at, 'second')).toBeUndefined();
    expect(positions.ofEarlierTopic(at, 'first')).toBe(2);
  });
});

describe('where a partition is read from that has no place of its own', () => {
  const partition = { topic: 't', partition: 0 };
  const range = { start: 2, end: 5 };

  async function logWithTimes(): Promise<EmbeddedLog> {
    const log = await EmbeddedLog.inMemory();
    await log.admin.createTopics([{ name: 't', partitions: 1 }]);
    const producer = await log.producer();
    const records = [1000, 2000, 3000, 4000, 5000].map((timestamp) => ({
      key: null,
      value: 'v',
      timestamp,
      headers: noHeaders,
    }));
    await producer.send([{ ...partition, records }]);
    return log;
  }

  test('by the policy of its source', async () => {
    const log = await logWithTimes();
    vi.useFakeTimers({ now: 6000, toFake: ['Date'] });
    const reset = (offsetReset?: 'earliest' | 'latest' | { byDurationMs: number }) =>
      resetOffset(log, { source: { name: 'S', offsetReset }, partition, range, committed: undefined });
    expect(await reset()).toBe(2);
    expect(await reset('earliest')).toBe(2);
    expect(await reset('latest')).toBe(5);
    expect(await reset({ byDurationMs: 2500 })).toBe(3);
    expect(await reset({ byDurationMs: 500 })).toBe(5);
    await log.close();
  });

  test.each([
    [undefined, /^S: nothing was committed for t-0, and its offsetReset is "none"/],
    [1, /^S: t-0 no longer holds offset 1, which was committed/],
  ])('or nowhere: "none" stops the app', async (committed, message) => {
    const log = await logWithTimes();
    const source = { name: 'S', offsetReset: 'none' } as const;
    await expect(resetOffset(log, { source, partition, range, committed })).rejects.toMatchObject({
      code: 'OFFSET_RESET_NONE',
      message: expect.stringMatching(message),
    });
    await log.close();
  });
});

describe('a store beside its changelog', () => {
  const topic = { name: 'c', id: 'now', partitions: 1, configs: {} };
  const range = { start: 10, end: 20 };
  const at = (offset: number, topicId = 'now') => ({ offset, topicId, streamTime: 0 });

  test.each([
    ['nothing is known of it', undefined],
    ['it stands where the topic starts', at(10)],
    ['it stands in the middle', at(15)],
    ['it stands where the topic ends', at(20)],
  ])('fits where %s', (_, checkpoint) => {
    expect(misfitOf(checkpoint, topic, range)).toBeUndefined();
  });

  test.each([
    [at(15, 'before'), /deleted and created again/],
    [at(21), /stands at offset 21, the topic ends at 20/],
    [at(9), /stands at offset 9, the topic starts at 10/],
  ])('does not fit at %o', (checkpoint, why) => {
    expect(misfitOf(checkpoint, topic, range)).toMatch(why);
  });

  interface Restored {
    readonly taken: string[];
    readonly places: number[];
    readonly told: string[];
  }

  async function restore(options: {
    readonly from?: number;
    readonly end?: number;
    readonly accepts?: (value: string) => boolean;
    readonly abortAfter?: number;
  }): Promise<Restored> {
    const log = await EmbeddedLog.inMemory();
    await log.admin.createTopics([{ name: 'c', partitions: 2 }]);
    const producer = await log.producer();
    for (let n = 0; n < 6; n++) {
      const records = [{ key: 'k', value: `v${n}`, timestamp: n, headers: noHeaders }];
      await producer.send([{ topic: 'c', partition: 1, records }]);
    }
    const found: Restored = { taken: [], places: [], told: [] };
    const controller = new AbortController();
    const store = {
      name: 's',
      streamTime: 4,
      checkpoint: options.from === undefined ? undefined : at(options.from),
      restore: ({ value }: { value: Uint8Array | null }) => {
        found.taken.push(String(value));
        if (found.taken.length === options.abortAfter) controller.abort(new Error('closed'));
      },
      committed: ({ offset }: { offset: number }) => found.places.push(offset),
    };
    const { accepts } = options;
    const run = restoreStore(store as never, {
      log,
      changelog: { taskId: '0_1', topic, partition: 1 },
      range: { start: 1, end: options.end ?? 6 },
      listener: {
        onRestoreStart: ({ startOffset, endOffset }) =>
          found.told.push(`start ${startOffset} to ${endOffset}`),
        onBatchRestored: (_, end, records) => found.told.push(`batch to ${end}: ${records}`),
        onRestoreEnd: (_, records) => found.told.push(`end: ${records}`),
      },
      signal: controller.signal,
      accepts: accepts && (({ value }) => accepts(String(value))),
    });
    await run.catch((error: Error) => found.told.push(error.message));
    await log.close();
    return found;
  }

  test('takes in what it lacks, from the start of the topic or from where it stands, to the end', async () => {
    expect((await restore({})).taken).toEqual(['v1', 'v2', 'v3', 'v4', 'v5']);
    const later = await restore({ from: 3 });
    expect(later.taken).toEqual(['v3', 'v4', 'v5']);
    expect(later.places.at(-1)).toBe(6);
    expect(later.told[0]).toBe('start 3 to 6');
    expect(later.told.at(-1)).toBe('end: 3');
    // What comes after the end was not there when it began.
    const part = await restore({ end: 4 });
    expect(part.taken).toEqual(['v1', 'v2', 'v3']);
    expect(part.places.at(-1)).toBe(4);
  });

  test('takes in nothing where it stands at the end, and says nothing', async () => {
    expect(await restore({ from: 6 })).toEqual({ taken: [], places: [], told: [] });
  });

  test('leaves out what is not accepted, and counts it as read', async () => {
    const found = await restore({ accepts: (value) => value !== 'v2' });
    expect(found.taken).toEqual(['v1', 'v3', 'v4', 'v5']);
    expect(found.told.at(-1)).toBe('end: 5');
  });

  test('that is closed before it begins to read stops', async () => {
    const log = await EmbeddedLog.inMemory();
    await log.admin.createTopics([{ name: 'c', partitions: 1 }]);
    const controller = new AbortController();
    controller.abort(new Error('closed'));
    const store = { name: 's', streamTime: 0, checkpoint: undefined, restore: () => {}, committed: () => {} };
    const run = restoreStore(store as never, {
      log,
      changelog: { taskId: '0_0', topic, partition: 0 },
      range: { start: 0, end: 5 },
      listener: {},
      signal: controller.signal,
      accepts: undefined,
    });
    await expect(run).rejects.toThrow('closed');
    await log.close();
  });
});
