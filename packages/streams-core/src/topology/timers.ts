import { bytes, type Headers, noHeaders, type Serde } from '@millrace/log-client';
import type { StoreSpec, TimeOrderedBuffer } from '@millrace/state-stores';
import { mapKeyOf } from '@millrace/state-stores/runtime';
import { sequence } from '../record/sequence.ts';
import { toAwait } from '../record/to-await.ts';
import { TopologyError } from '../errors.ts';
import type { PunctuationType } from './punctuation-type.ts';

/** A timer of a key: several of one key have names of their own. */
export interface TimerKey<K> {
  readonly key: K;
  readonly name: string;
}

/** Timers as a store that a processor is connected to: they outlive restarts, in its changelog. */
export type TimersSpec<K> = StoreSpec<TimerKey<K>, Uint8Array> & {
  readonly kind: 'time-ordered-buffer';
  readonly clock: PunctuationType;
  readonly keepsHeaders: boolean;
};

export interface TimersOptions<K> {
  /** Of the store. */
  readonly name: string;
  readonly key: Serde<K>;
  /** What times are compared with. Default `stream-time`. */
  readonly clock?: PunctuationType;
  /** Default: true, on disk. */
  readonly persistent?: boolean;
  /**
   * Each timer keeps the headers, and with them the trace, of the record (or timer) in whose processing it
   * was set. Default: false.
   */
  readonly keepHeaders?: boolean;
}

/** A timer that has gone off; times in milliseconds. */
export interface FiredTimer {
  readonly name: string;
  /** When it was to go off. */
  readonly at: number;
  /** When it does: stream time, or wall-clock time. */
  readonly now: number;
  /** Of the record that set it, where timers keep headers; else none. Forward them to carry on its trace. */
  readonly headers: Headers;
}

/** Called for each timer that goes off, in the order of their times. May set it again. */
export type OnTimer<K> = (key: K, timer: FiredTimer) => void | Promise<void>;

/** The timers of a task. */
export interface Timers<in K> {
  /**
   * Sets a timer, or moves it: `at` in milliseconds since the epoch. One that is past goes off at the next
   * chance.
   */
  set(key: K, at: number, name?: string): void;
  /** When a timer goes off; undefined where it is not set. */
  get(key: K, name?: string): number | undefined;
  cancel(key: K, name?: string): void;
}

/** Durable timers by key, for the `stores` of a processor, which gets them with `context.timers`. */
export function timers<K>({
  name,
  key,
  clock = 'stream-time',
  persistent = true,
  keepHeaders = false,
}: TimersOptions<K>): TimersSpec<K> {
  return {
    kind: 'time-ordered-buffer',
    name,
    key: timerKey(key),
    value: bytes(),
    persistent,
    logging: true,
    clock,
    keepsHeaders: keepHeaders,
  };
}

/** The name's length in two bytes, the name, the key. */
function timerKey<K>(key: Serde<K>): Serde<TimerKey<K>> {
  const mapKey = mapKeyOf(key);
  return {
    // The name's length tells where it ends.
    mapKey: ({ key: inner, name }) => `${name.length} ${name}${String(mapKey(inner))}`,
    name: `timer of ${key.name ?? 'a key'}`,
    serialize: ({ key: inner, name }) => {
      const text = Buffer.from(name, 'utf8');
      const length = Buffer.alloc(2);
      length.writeUInt16BE(text.length);
      return Buffer.concat([length, text, key.serialize(inner)]);
    },
    deserialize: (stored) => {
      const buffer = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength);
      const end = 2 + buffer.readUInt16BE(0);
      return { name: buffer.toString('utf8', 2, end), key: key.deserialize(buffer.subarray(end)) };
    },
  };
}

/** What timers need of a processor's context. */
interface TimersContext {
  store(spec: TimersSpec<never>): unknown;
  /** Of the record being processed. */
  headers(): Headers;
  /** `isDue` says whether there is anything to call back for. */
  schedule(
    type: PunctuationType,
    callback: (now: number) => void | Promise<void>,
    isDue: (now: number) => boolean,
  ): unknown;
}

/** Opens timers in a task: they go off from now on, those first that were due while nobody looked. */
export function openTimers<K>(context: TimersContext, spec: TimersSpec<K>, onTimer: OnTimer<K>): Timers<K> {
  const buffer = context.store(spec as unknown as TimersSpec<never>) as TimeOrderedBuffer<
    TimerKey<K>,
    Uint8Array
  >;
  /** Of the timer that goes off: what is set then carries on its trace. */
  let firing: Headers | undefined;
  const settle = (): void => {
    firing = undefined;
  };
  const fire = (now: number): void | Promise<void> => {
    // Taken out before they are called: what a call sets again goes off the next time.
    const due = buffer.takeUntil(now);
    return sequence(due.length, (index) => {
      const { key: timer, timestamp: at, headers } = due[index]!;
      firing = headers;
      const pending = toAwait(onTimer(timer.key, { name: timer.name, at, now, headers }));
      return pending === undefined ? settle() : pending.finally(settle);
    });
  };
  context.schedule(spec.clock, fire, (now) => (buffer.minTime ?? Number.POSITIVE_INFINITY) <= now);
  return {
    set(key, at, name = '') {
      if (!(Number.isSafeInteger(at) && at >= 0)) {
        throw new TopologyError(
          'TOPOLOGY_INVALID',
          `Timer "${name}" of "${spec.name}" got the time ${String(at)}: whole milliseconds since the epoch expected`,
        );
      }
      const timer = { key, name };
      const headers = spec.keepsHeaders ? (firing ?? context.headers()) : noHeaders;
      // A change of what waits would keep its place.
      buffer.delete(timer);
      buffer.put(at, { key: timer, newValue: null, oldValue: null, timestamp: at, headers });
    },
    get: (key, name = '') => buffer.get({ key, name })?.timestamp,
    cancel: (key, name = '') => buffer.delete({ key, name }),
  };
}
