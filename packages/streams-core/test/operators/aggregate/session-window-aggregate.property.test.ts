import { EmitStrategy, SessionWindows, type Windowed } from '@millrace/streams-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Event, left, type Result, run, someEvents, someRun, tableOf } from '../oracle-support.ts';
import { output } from '../support.ts';

const someWindows = fc.record({
  gap: fc.integer({ min: 1, max: 15 }),
  grace: fc.integer({ min: 0, max: 30 }),
});

interface Session {
  readonly key: string;
  readonly values: readonly string[];
  readonly start: number;
  readonly end: number;
}

interface Windows {
  readonly gap: number;
  readonly grace: number;
}

/**
 * The sessions that are there in the end, and those that have closed: each record is put to the sessions that
 * it reaches, as a list of all records of each says. A session that has closed stays as it was sent: as in
 * Kafka Streams' stores without a cache, which hide what is past their retention by the largest end that was
 * put.
 */
function oracle(events: readonly Event[], { gap, grace }: Windows, final: boolean) {
  let sessions: Session[] = [];
  let streamTime = -1;
  let storeTime = -1;
  let late = 0;
  for (const { key, value, timestamp } of events) {
    streamTime = Math.max(streamTime, timestamp);
    const closed = streamTime - grace - gap;
    const reached = sessions.filter(
      (session) =>
        session.key === key &&
        session.start <= timestamp + gap &&
        session.end >= timestamp - gap &&
        (final ? session.end >= closed : session.end > storeTime - grace - gap),
    );
    const start = Math.min(timestamp, ...reached.map((session) => session.start));
    const end = Math.max(timestamp, ...reached.map((session) => session.end));
    if (end < closed) {
      late++;
      continue;
    }
    storeTime = Math.max(storeTime, end);
    const values = [...reached.flatMap((session) => session.values), value!].sort();
    sessions = [...sessions.filter((session) => !reached.includes(session)), { key, values, start, end }];
  }
  const name = ({ key, start, end }: Session): string => `${key}[${start},${end}]`;
  const all = sessions.map((session) => [name(session), session.values.join('')] as const);
  const closed = all.filter((_, index) => sessions[index]!.end < streamTime - grace - gap);
  return { sessions: Object.fromEntries(all), closed: Object.fromEntries(closed), late };
}

function named(results: readonly Result[]): Result[] {
  return results.map((result) => {
    const { key, window } = result.key as Windowed<string>;
    return { ...result, key: `${key}[${window.start},${window.end}]` };
  });
}

/** All values of a session in order, so that it does not matter in which order sessions were merged. */
const sorted = (a: string, b: string): string => (a + b).split('').sort().join('');

test('in the end there are the sessions that the whole input gives, whatever the order, restarts and caches', () => {
  fc.assert(
    fc.property(
      someEvents({ tombstones: false, sides: ['left'] }),
      someWindows,
      someRun,
      (events, windows, how) => {
        const letters = events.map((event) => ({ ...event, value: event.value![0]! }));
        let late = 0;
        const results = run(
          (builder) =>
            builder
              .stream(left)
              .groupByKey()
              .windowedBy(SessionWindows.of(windows.gap).grace(windows.grace), { onLate: () => void late++ })
              .reduce(sorted)
              .toStream()
              .to(output),
          letters,
          how,
        );
        const expected = oracle(letters, windows, false);
        expect(tableOf(named(results))).toEqual(expected.sessions);
        expect(late).toBe(expected.late);
      },
    ),
    { numRuns: 1000 },
  );
});

test('emitted on close, every session that has closed comes out once, and no other', () => {
  fc.assert(
    fc.property(
      someEvents({ tombstones: false, sides: ['left'] }),
      someWindows,
      someRun,
      (events, windows, how) => {
        const letters = events.map((event) => ({ ...event, value: event.value![0]! }));
        const results = named(
          run(
            (builder) =>
              builder
                .stream(left)
                .groupByKey()
                .windowedBy(SessionWindows.of(windows.gap).grace(windows.grace), {
                  emit: EmitStrategy.onWindowClose,
                })
                .reduce(sorted)
                .toStream()
                .to(output),
            letters,
            how,
          ),
        );
        expect(tableOf(results)).toEqual(oracle(letters, windows, true).closed);
        expect(new Set(results.map(({ key }) => key)).size).toBe(results.length);
      },
    ),
    { numRuns: 1000 },
  );
});
