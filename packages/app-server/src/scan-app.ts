import type { StoreSpec } from '@millrace/state-stores';
import { type QueryOptions, type Row, type StreamsApp, StoreUnavailableError } from '@millrace/streams-core';
import { mergeRows } from '@millrace/streams-core/runtime';
import { parametersOf } from './ask-host.ts';
import { fromWire, headersFromWire, type WireRow } from './json.ts';
import { comparePlaces, placeOf, type RowPlace } from './row-place.ts';

type AnyRow = Row<unknown, unknown>;

export interface ScanOptions {
  readonly spec: StoreSpec<never, never>;
  /** The rows here. */
  readonly rows: () => AsyncIterable<AnyRow>;
  /** Which rows, as other instances are asked for them. */
  readonly parameters: Readonly<Record<string, string | undefined>>;
  readonly reverse: boolean;
  readonly options: QueryOptions;
  /** Asks another instance for a path. */
  readonly ask: (host: string, path: string, store: string) => Promise<unknown>;
}

interface Page {
  readonly rows: readonly Required<WireRow>[];
  /** Where the next page begins; undefined on the last one. */
  readonly next?: string;
  /** The tasks whose rows were read. */
  readonly tasks: readonly string[];
}

interface Placed {
  readonly place: RowPlace;
  readonly row: AnyRow;
}

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
  const { spec, reverse } = scan;
  if (app.topology.globalStores.has(spec.name)) return yield* scan.rows();
  const here = tasksOfStore(app, spec.name);
  const hosts = hostsOf(app, spec.name, here);
  const sources = [
    rowsHere(app, here, scan),
    ...[...hosts].map(([host, tasks]) => rowsThere(host, tasks, scan)),
  ];
  const direction = reverse ? -1 : 1;
  const compare = (a: Placed, b: Placed): number => direction * comparePlaces(a.place, b.place);
  for await (const { row } of mergeRows(sources, compare)) yield row;
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
  { spec, rows }: ScanOptions,
): AsyncIterableIterator<Placed> {
  if (tasks.length === 0) return;
  for await (const row of rows()) yield { place: placeOf(row, spec), row };
  assertSame(spec.name, undefined, tasks, tasksOfStore(app, spec.name));
}

/** Page after page. */
async function* rowsThere(
  host: string,
  tasks: readonly string[],
  { spec, parameters, options, ask }: ScanOptions,
): AsyncIterableIterator<Placed> {
  const query = parametersOf(options);
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) query.set(name, value);
  for (;;) {
    const path = `/stores/${encodeURIComponent(spec.name)}/rows?${query.toString()}`;
    const page = (await ask(host, path, spec.name)) as Page;
    assertSame(spec.name, host, tasks, page.tasks);
    for (const wired of page.rows) {
      const row = rowOf(wired, spec);
      yield { place: placeOf(row, spec), row };
    }
    if (page.next === undefined) return;
    query.set('after', page.next);
  }
}

/** A row as it came over the wire. */
export function rowOf(
  { key: coded, value, timestamp, headers, window, lag }: WireRow,
  spec: StoreSpec<never, never>,
): AnyRow {
  const key: unknown = fromWire(coded, spec.key);
  return {
    // An unlimited window's end does not come through JSON.
    key:
      window === undefined
        ? key
        : { key, window: { start: window.start, end: window.end ?? Number.POSITIVE_INFINITY } },
    value: fromWire(value, spec.value),
    timestamp,
    ...(headers === undefined ? {} : { headers: headersFromWire(headers) }),
    ...(lag === undefined ? {} : { lag }),
  };
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
