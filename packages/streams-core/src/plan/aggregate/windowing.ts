import type { Serde } from '@millrace/log-client';
import { sessionStore, type StoreSpec, windowStore } from '@millrace/state-stores';
import { TopologyError } from '../../errors.ts';
import { slidingWindowAggregate } from '../../operators/aggregate/sliding-window-aggregate.ts';
import { unlimitedWindowAggregate } from '../../operators/aggregate/unlimited-window-aggregate.ts';
import { windowAggregate } from '../../operators/aggregate/window-aggregate.ts';
import type { WindowAggregation } from '../../operators/aggregate/window-results.ts';
import type { Change, Windowed } from '../../record/record.ts';
import { sessionWindowed, timeWindowed } from '../../serde/windowed-serde.ts';
import type { Operator } from '../../topology/operator.ts';
import type { EmitStrategy } from '../../windows/emit-strategy.ts';
import type { SessionWindows } from '../../windows/session-windows.ts';
import { SlidingWindows } from '../../windows/sliding-windows.ts';
import type { TimeWindows } from '../../windows/time-windows.ts';
import { UnlimitedWindows } from '../../windows/unlimited-windows.ts';
import type { MaterializedWindow } from '../../options/materialized.ts';

/** Windows that are known by their start: tumbling, hopping, sliding and unlimited ones. */
export type StartedWindows = TimeWindows | SlidingWindows | UnlimitedWindows;

/** What the DSL must know of a kind of windows, whichever it is. */
export interface Windowing {
  /** How long after its end a window still changes, in milliseconds. */
  readonly graceMs: number;
  /** Whether they may be kept once where their results are held back until they close. */
  readonly keptOnce?: boolean;
  keySerde<K>(key: Serde<K>): Serde<Windowed<K>>;
  store<K, A>(store: WindowedStore<K, A>): StoreSpec<K, A>;
}

export interface WindowedStore<K, A> {
  /** The node it is for. */
  readonly node: string;
  readonly name: string;
  readonly key: Serde<K>;
  readonly value: Serde<A>;
  readonly options: MaterializedWindow<A>;
  readonly emit: EmitStrategy;
}

/** As Windowing, with the operator that aggregates by these windows. */
export interface StartedWindowing extends Windowing {
  operator<K, V, A>(aggregation: WindowAggregation<K, V, A>): Operator<K, V, Windowed<K>, Change<A>>;
}

export function startedWindowing(windows: StartedWindows): StartedWindowing {
  if (windows instanceof SlidingWindows) {
    const { differenceMs, graceMs } = windows;
    return {
      graceMs,
      keySerde: (key) => timeWindowed(key, differenceMs),
      // Twice the difference: a record looks at windows that far back.
      store: (store) => started(store, differenceMs, 2 * differenceMs + graceMs),
      operator: (aggregation) => slidingWindowAggregate(windows, aggregation),
    };
  }
  if (windows instanceof UnlimitedWindows) {
    const forever = Number.POSITIVE_INFINITY;
    return {
      graceMs: 0,
      keySerde: (key) => timeWindowed(key, forever),
      store: (store) => {
        if (store.emit === 'on-window-close') {
          throw new TopologyError(
            'TOPOLOGY_INVALID',
            `${store.node}: unlimited windows never close, so that nothing would come out; leave the emit strategy at "on-window-update"`,
          );
        }
        return started(store, forever, forever);
      },
      operator: (aggregation) => unlimitedWindowAggregate(windows, aggregation),
    };
  }
  const { sizeMs, graceMs } = windows;
  return {
    graceMs,
    keptOnce: true,
    keySerde: (key) => timeWindowed(key, sizeMs),
    store: (store) => started(store, sizeMs, sizeMs + graceMs),
    operator: (aggregation) => windowAggregate(windows, aggregation),
  };
}

export function sessionWindowing({ gapMs, graceMs }: SessionWindows): Windowing {
  return {
    graceMs: graceMs + gapMs,
    keySerde: sessionWindowed,
    store: (store) => sessionStore({ ...common(store, gapMs + graceMs), ...indexed(store.emit) }),
  };
}

function started<K, A>(store: WindowedStore<K, A>, sizeMs: number, leastMs: number): StoreSpec<K, A> {
  return windowStore({ ...common(store, leastMs), ...indexed(store.emit), windowSizeMs: sizeMs });
}

function indexed(emit: EmitStrategy): { readonly indexedByTime?: true } {
  return emit === 'on-window-close' ? { indexedByTime: true } : {};
}

/** @throws TopologyError where it would forget windows that still change */
function common<K, A>({ node, name, key, value, options }: WindowedStore<K, A>, leastMs: number) {
  const { retentionMs = leastMs, persistent = true, logging = true, changelogConfigs } = options;
  if (retentionMs < leastMs) {
    throw new TopologyError(
      'TOPOLOGY_INVALID',
      `${node}: the retention of "${name}" (${retentionMs} ms) is too short for its windows and their grace: give it ${leastMs} ms at least`,
    );
  }
  const spec = { name, key, value, persistent, logging, retentionMs };
  return changelogConfigs === undefined ? spec : { ...spec, changelogConfigs };
}
