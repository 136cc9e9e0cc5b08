import {
  json,
  keyValueStore,
  type ProcessOptions,
  type ProcessorSupplier,
  type PunctuationType,
} from '@millrace/streams-core';
import { argument, nameOf, UnsupportedScenario } from './functions.ts';
import type { NamedFunction, Scalar } from './schema.ts';

interface ScenarioProcessor {
  readonly supplier: ProcessorSupplier<Scalar, Scalar, Scalar, Scalar>;
  readonly options: ProcessOptions;
}

const punctuationTypes: Readonly<Record<string, PunctuationType>> = {
  streamTime: 'stream-time',
  wallClockTime: 'wall-clock-time',
};

const storeOf = (named: NamedFunction) =>
  keyValueStore({ name: String(argument(named, 'store')), key: json<Scalar>(), value: json<Scalar>() });

const processors: Readonly<Record<string, (named: NamedFunction) => ScenarioProcessor>> = {
  forward: () => ({ supplier: (context) => (record) => context.forward(record), options: {} }),

  'add-10-to-timestamp': () => ({
    supplier: (context) => (record) => context.forward({ ...record, timestamp: record.timestamp + 10 }),
    options: {},
  }),

  'put-in-store': (named) => {
    const store = storeOf(named);
    return {
      supplier: (context) => {
        const values = context.store(store);
        return ({ key, value }) => values.put(key, value);
      },
      options: { stores: [store] },
    };
  },

  'fan-out-timestamps': (named) => {
    const [first, second] = [String(argument(named, 'first')), String(argument(named, 'second'))];
    return {
      supplier: (context) => async (record) => {
        await context.forward(record);
        await context.forward({ ...record, timestamp: record.timestamp + 5 }, first);
        await context.forward(record, second);
        await context.forward({ ...record, timestamp: record.timestamp + 2 });
      },
      options: {},
    };
  },

  'emit-on-punctuate': (named) => ({
    supplier: (context) => {
      const type = punctuationTypes[String(argument(named, 'type'))];
      if (type === undefined)
        throw new UnsupportedScenario(`there is no punctuation type "${String(argument(named, 'type'))}"`);
      context.schedule(Number(argument(named, 'intervalMs')), type, (time) =>
        context.forward({ key: 'punctuate', value: time, timestamp: time, headers: [] }),
      );
      return () => {};
    },
    options: {},
  }),

  'max-per-key-flush': (named) => {
    const store = storeOf(named);
    return {
      supplier: (context) => {
        const values = context.store(store);
        for (const [key, value] of initialOf(named)) values.put(key, value);
        const flush = async (time: number): Promise<void> => {
          for await (const [key, value] of values.all()) {
            await context.forward({ key, value, timestamp: time, headers: [] });
          }
        };
        context.schedule(Number(argument(named, 'streamTimeFlushMs')), 'stream-time', flush);
        context.schedule(Number(argument(named, 'wallClockFlushMs')), 'wall-clock-time', flush);
        return ({ key, value }) => {
          const old = values.get(key);
          if (old === undefined || Number(value) > Number(old)) values.put(key, value);
        };
      },
      options: { stores: [store] },
    };
  },
};

/** What a store starts with: an object by key, or a list of entries. */
function initialOf(named: NamedFunction): (readonly [Scalar, Scalar])[] {
  const initial = argument(named, 'initial');
  if (Array.isArray(initial)) {
    return initial.map((entry: { key: Scalar; value: Scalar } | [Scalar, Scalar]) =>
      Array.isArray(entry) ? entry : [entry.key, entry.value],
    );
  }
  return Object.entries((initial ?? {}) as Record<string, Scalar>);
}

export function scenarioProcessor(named: NamedFunction): ScenarioProcessor {
  const make = processors[nameOf(named)];
  if (make === undefined) throw new UnsupportedScenario(`there is no processor "${nameOf(named)}"`);
  return make(named);
}
