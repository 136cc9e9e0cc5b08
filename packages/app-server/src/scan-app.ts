import type { StoreSpec } from '@millrace/state-stores';
import {
  type QueryableKeyValueStore,
  type QueryOptions,
  type RangeQuery,
  type Row,
  type StreamsApp,
  StoreUnavailableError,
} from '@millrace/streams-core';
import { mergeRows } from '@millrace/streams-core/runtime';
import { parametersOf } from './ask-host.ts';
import { fromWire, toWire, type WireRow } from './json.ts';

type AnyRow = Row<never, never>;

export interface ScanOptions {
  readonly spec: StoreSpec<never, never>;
  /** The store here. */
  readonly store: QueryableKeyValueStore<never, never>;
  readonly range: RangeQuery<never>;
  readonly options: QueryOptions;
  /** Asks another instance for a path. */
  readonly ask: (host: string, path: string, store: string) => Promise<unknown>;
}

interface Page {
  readonly rows: readonly Required<Omit<WireRow, 'window'>>[];
  readonly more: boolean;
  /** The tasks whose rows were read. */
  readonly tasks: readonly string[];
}

/** Rows with their serialised keys, by which they are merged. */
type Keyed = readonly [key: Uint8Array, row: AnyRow];

/** The tasks of a store that an instance works on. */
export function tasksOfStore(app: StreamsApp, store: string): readonly string[] {
  return withStore(app, store, app.taskIds);
}

/** Of some tasks those that have a store. */
function withStore({ topology }: StreamsApp, store: string, tasks: readonly string[]): readonly string[] {
  const subTopology = topology.subTopologies.find(({ stores }) => stores.some(({ name }) => name === store));
  return tasks.filter((task) => task.startsWith(`${subTopology?.id}_`)).toSorted();
}

/** Rows of every instance, merged. Each instance must have the tasks that the group says it has. */
export async function* scanApp(app: StreamsApp, scan: ScanOptions): AsyncIterableIterator<AnyRow> {
  const { spec, range } = scan;
  if (app.topology.globalStores.has(spec.name)) return yield* scan.store.range(range);
  const here = tasksOfStore(app, spec.name);
  const hosts = hostsOf(app, spec.name, here);
  const sources = [
    rowsHere(app, here, scan),
    ...[...hosts].map(([host, tasks]) => rowsThere(host, tasks, scan)),
  ];
  const direction = range.reverse === true ? -1 : 1;
  for await (const [, row] of mergeRows(sources, ([a], [b]) => direction * Buffer.compare(a, b))) yield row;
}

/** Which tasks of a store other instances have. @throws StoreUnavailableError where one cannot be reached */
function hostsOf(app: StreamsApp, store: string, here: readonly string[]): Map<string, readonly string[]> {
  const hosts = new Map<string, readonly string[]>();
  for (const { host, tasks } of app.metadataForAllStreamsClients()) {
    const away = withStore(app, store, tasks).filter((task) => !here.includes(task));
    if (away.length === 0) continue;
    if (host === undefined) {
      throw unavailable(
        store,
        undefined,
        `Tasks ${away.join(', ')} of store "${store}" are on an instance without an applicationServer: give each instance one, and serve it`,
      );
    }
    hosts.set(host, [...(hosts.get(host) ?? []), ...away].toSorted());
  }
  return hosts;
}

async function* rowsHere(
  app: StreamsApp,
  tasks: readonly string[],
  { spec, store, range }: ScanOptions,
): AsyncIterableIterator<Keyed> {
  if (tasks.length === 0) return;
  for await (const row of store.range(range)) yield [spec.key.serialize(row.key), row];
  assertSame(spec.name, undefined, tasks, tasksOfStore(app, spec.name));
}

/** Page after page: the next one begins with the last key of the one before. */
async function* rowsThere(
  host: string,
  tasks: readonly string[],
  { spec, range, options, ask }: ScanOptions,
): AsyncIterableIterator<Keyed> {
  const { from, to, reverse = false } = range;
  const query = parametersOf(options);
  query.set('reverse', String(reverse));
  if (from !== undefined) query.set('from', toWire(from, spec.key, 'bytes') as string);
  if (to !== undefined) query.set('to', toWire(to, spec.key, 'bytes') as string);
  for (let last: unknown; ; ) {
    const path = `/stores/${encodeURIComponent(spec.name)}/rows?${query.toString()}`;
    const page = (await ask(host, path, spec.name)) as Page;
    assertSame(spec.name, host, tasks, page.tasks);
    for (const { key: coded, value, timestamp } of page.rows) {
      if (coded === last) continue;
      const key = fromWire(coded, spec.key);
      yield [Buffer.from(coded as string, 'base64'), { key, value: fromWire(value, spec.value), timestamp }];
    }
    if (!page.more) return;
    if (page.rows.at(-1)!.key === last) {
      throw new RangeError(`${host} gives one row at a time: let its server give at least two ("maxRows")`);
    }
    last = page.rows.at(-1)!.key;
    query.set(reverse ? 'to' : 'from', last as string);
  }
}

function assertSame(
  store: string,
  host: string | undefined,
  expected: readonly string[],
  found: readonly string[],
): void {
  if (expected.join() === found.join()) return;
  const where = host ?? 'this instance';
  throw unavailable(
    store,
    host,
    `Tasks of store "${store}" moved while it was read: ${where} had ${expected.join(', ')}, and has ${found.join(', ') || 'none'}. Ask again`,
  );
}

function unavailable(store: string, host: string | undefined, message: string): StoreUnavailableError {
  return new StoreUnavailableError('STORE_MOVED', message, { store, partition: undefined, host });
}
