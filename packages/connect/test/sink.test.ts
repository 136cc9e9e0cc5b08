import { topic } from '@millrace/streams-core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { evenAssignor } from '../src/even-assignor.ts';
import {
  type Claim,
  type Destination,
  DestinationError,
  type DestinationTransaction,
  type Connector,
  SinkFencedError,
  sinkTo,
} from '../src/index.ts';
import { eventually, newLog, send, stock, type Stock } from './support.ts';

const nameOf = ({ group, topicId, partition }: Omit<Claim, 'epoch'>): string =>
  `${group} ${topicId} ${partition}`;

/** A destination in memory, with transactions; each of its calls can be made to fail, before or after its effect. */
class MemoryDestination implements Destination<string, Stock> {
  readonly name = 'memory';
  readonly rows: string[] = [];
  readonly #known = new Map<string, { epoch: number; offset: number | undefined }>();
  calls = 0;
  fails: (call: number) => 'before' | 'after' | undefined = () => undefined;

  async open(): Promise<void> {
    this.#call(() => {});
  }

  async claim(partition: Omit<Claim, 'epoch'>): Promise<{ epoch: number; offset: number | undefined }> {
    return this.#call(() => {
      const known = this.#known.get(nameOf(partition));
      const claimed = { epoch: (known?.epoch ?? 0) + 1, offset: known?.offset };
      this.#known.set(nameOf(partition), claimed);
      return claimed;
    });
  }

  async write({ records, offsets }: DestinationTransaction<string, Stock>): Promise<void> {
    this.#call(() => {
      for (const { claim } of offsets)
        if (this.#known.get(nameOf(claim))?.epoch !== claim.epoch) throw new SinkFencedError('fenced');
      for (const { claim, offset } of offsets) this.#known.set(nameOf(claim), { epoch: claim.epoch, offset });
      for (const { key, value } of records) this.rows.push(`${key}=${value?.onHand ?? 'gone'}`);
    });
  }

  #call<T>(body: () => T): T {
    const fails = this.fails(this.calls++);
    const error = (): DestinationError =>
      new DestinationError('it is away', { retriable: true, cause: undefined });
    if (fails === 'before') throw error();
    const result = body();
    if (fails === 'after') throw error();
    return result;
  }
}

function closeLater(sink: Connector): Connector {
  onTestFinished(() => sink.close().catch(() => {}));
  return sink;
}

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, n) => [`key ${from + n}`, from + n] as const);
const wanted = (count: number): string[] =>
  numbers(0, count)
    .map(([key, n]) => `${key}=${n}`)
    .toSorted();

describe('a sink', () => {
  test('writes what is there and what comes, each record once, and goes on where the destination is', async () => {
    const log = await newLog();
    const destination = new MemoryDestination();
    await send(log, numbers(0, 5));
    const sink = closeLater(await sinkTo(log, stock, destination, { group: 's' }));
    await eventually(() => expect(destination.rows.toSorted()).toEqual(wanted(5)));
    await send(log, numbers(5, 8));
    await eventually(() => expect(destination.rows.toSorted()).toEqual(wanted(8)));
    expect(sink.written).toBe(8);
    await sink.close();
    await send(log, [...numbers(8, 9), ['key 0', null]]);
    closeLater(await sinkTo(log, stock, destination, { group: 's' }));
    await eventually(() =>
      expect(destination.rows.toSorted()).toEqual([...wanted(9), 'key 0=gone'].toSorted()),
    );
    // Its lag can be seen in the group.
    await eventually(async () => {
      const { partitions } = (await log.admin.describeGroup('s'))!;
      expect(partitions.map(({ lag }) => lag)).toEqual([0, 0]);
    });
  });

  test('writes each record once, whichever call of the destination fails, before or after its effect', async () => {
    for (const how of ['before', 'after'] as const) {
      let hasFailed = true;
      for (let failing = 0; hasFailed; failing++) {
        const log = await newLog();
        const destination = new MemoryDestination();
        hasFailed = false;
        destination.fails = (call) => {
          if (call !== failing) return undefined;
          hasFailed = true;
          return how;
        };
        await send(log, numbers(0, 6));
        const problems: number[] = [];
        const sink = closeLater(
          await sinkTo(log, stock, destination, {
            group: 's',
            maxRecords: 2,
            onProblem: ({ retryInMs }) => problems.push(retryInMs),
          }),
        );
        await eventually(() => expect(destination.rows).toHaveLength(6));
        await sink.close();
        expect([how, failing, destination.rows.toSorted()]).toEqual([how, failing, wanted(6)]);
        expect(problems.length).toBe(hasFailed ? 1 : 0);
      }
    }
  }, 60_000);

  test('waits longer each time that the destination does not answer, and not once it is stopped', async () => {
    const log = await newLog();
    const destination = new MemoryDestination();
    destination.fails = () => 'before';
    const waits: number[] = [];
    const sink = closeLater(
      await sinkTo(log, stock, destination, {
        group: 's',
        onProblem: ({ retryInMs }) => waits.push(retryInMs),
      }),
    );
    await eventually(() => expect(waits).toEqual([100, 200, 400]));
    await sink.close();
  });

  test('shares its partitions with others, and has every record once while they come and go', async () => {
    const log = await newLog(4);
    const destination = new MemoryDestination();
    const options = { group: 's', maxRecords: 3 };
    const first = closeLater(await sinkTo(log, stock, destination, options));
    await send(log, numbers(0, 40));
    const second = closeLater(await sinkTo(log, stock, destination, options));
    await send(log, numbers(40, 80));
    await eventually(async () => {
      const { members } = (await log.admin.describeGroup('s'))!;
      expect(members.map(({ partitions }) => partitions.length)).toEqual([2, 2]);
    });
    await first.close();
    await send(log, numbers(80, 100));
    await eventually(() => expect(destination.rows.toSorted()).toEqual(wanted(100)));
    await second.close();
  });

  test('begins at the end where that is wished, and at the first record of a topic that was created again', async () => {
    const log = await newLog(1);
    const destination = new MemoryDestination();
    await send(log, [['a', 1]]);
    const sink = closeLater(await sinkTo(log, stock, destination, { group: 's', offsetReset: 'latest' }));
    await eventually(() => expect(destination.calls).toBe(2));
    await send(log, [['b', 2]]);
    await eventually(() => expect(destination.rows).toEqual(['b=2']));
    await sink.close();
    await log.admin.deleteTopics([stock.name]);
    await log.admin.createTopics([{ name: stock.name, partitions: 1 }]);
    await send(log, [['c', 3]]);
    closeLater(await sinkTo(log, stock, destination, { group: 's' }));
    await eventually(() => expect(destination.rows).toEqual(['b=2', 'c=3']));
  });

  test('says what was deleted before it was read, and goes on after it', async () => {
    const log = await newLog(1);
    const destination = new MemoryDestination();
    const problems: string[] = [];
    const options = {
      group: 's',
      onProblem: ({ error }: { readonly error: Error }): void => void problems.push(error.message),
    };
    await send(log, numbers(0, 2));
    const sink = await sinkTo(log, stock, destination, options);
    await eventually(() => expect(destination.rows).toHaveLength(2));
    await sink.close();
    await send(log, numbers(2, 8));
    await log.admin.deleteRecords([{ topic: stock.name, partition: 0, offset: 6 }]);
    closeLater(await sinkTo(log, stock, destination, options));
    await eventually(() => expect(destination.rows).toEqual(['key 0=0', 'key 1=1', 'key 6=6', 'key 7=7']));
    expect(problems).toEqual([
      'stock-0 no longer holds offset 2, which was to be written next; writing continues at 6, 4 offsets are missed',
    ]);
  });

  test('ends with a record that cannot be read, or leaves it out', async () => {
    const log = await newLog(1);
    await send(log, [
      ['a', 1],
      ['b', 'no JSON'],
      ['c', 3],
    ]);
    const destination = new MemoryDestination();
    const strict = await sinkTo(log, stock, destination, { group: 's' });
    await expect(strict.done).rejects.toMatchObject({
      code: 'RECORD_DESERIALIZATION',
      message: expect.stringMatching(/^Record stock-0 @ 1 cannot be read: .*Say onUnreadable/),
    });
    expect(destination.rows).toEqual([]);
    const places: unknown[] = [];
    const onUnreadable = (place: unknown): void => void places.push(place);
    closeLater(await sinkTo(log, stock, destination, { group: 's', onUnreadable }));
    await eventually(() => expect(destination.rows).toEqual(['a=1', 'c=3']));
    expect(places).toEqual([{ topic: 'stock', partition: 0, offset: 1 }]);
  });

  test('ends with a mistake of the destination, and names a topic that is not there', async () => {
    const log = await newLog();
    const destination = new MemoryDestination();
    destination.write = () =>
      Promise.reject(new DestinationError('there is no such column', { retriable: false, cause: undefined }));
    await send(log, numbers(0, 1));
    const sink = await sinkTo(log, stock, destination, { group: 's' });
    await expect(sink.done).rejects.toThrow('there is no such column');
    await expect(sink.close()).rejects.toThrow('there is no such column');
    await expect(sinkTo(log, topic('nothing', stock), destination, { group: 's' })).rejects.toMatchObject({
      code: 'TOPOLOGY_TOPIC_MISSING',
      message: expect.stringContaining('create it first, by createTopics(log, [topic])'),
    });
  });
});

test('partitions are shared evenly, and stay where they are', () => {
  const counts = new Map([['t', 7]]);
  const member = (id: string, ...owned: readonly number[]) => ({
    id,
    topics: ['t'],
    userData: new Uint8Array(),
    owned: owned.map((partition) => ({ topic: 't', partition })),
  });
  const shares = (...members: readonly ReturnType<typeof member>[]) =>
    Object.fromEntries(
      [...evenAssignor.assign(members, counts)].map(([id, partitions]) => [
        id,
        partitions.map(({ partition }) => partition),
      ]),
    );
  expect(shares(member('a'))).toEqual({ a: [0, 1, 2, 3, 4, 5, 6] });
  expect(shares(member('a', 0, 1, 2, 3, 4, 5, 6), member('b'))).toEqual({ a: [0, 1, 2, 3], b: [4, 5, 6] });
  expect(shares(member('a', 0, 1, 2, 3), member('b', 4, 5, 6), member('c'))).toEqual({
    a: [0, 1, 2],
    b: [4, 5],
    c: [3, 6],
  });
  expect(shares(member('b', 4, 5), member('c', 3, 6))).toEqual({ b: [4, 5, 0, 2], c: [3, 6, 1] });
});
