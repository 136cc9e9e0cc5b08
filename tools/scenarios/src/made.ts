import type {
  CogroupedKStream,
  GlobalKTable,
  KGroupedStream,
  KGroupedTable,
  KStream,
  KTable,
  TimeWindowedKStream,
} from '@millrace/streams-core';
import { UnsupportedScenario } from './functions.ts';
import type { Scalar } from './schema.ts';

export type Stream = KStream<Scalar, Scalar>;
export type Table = KTable<Scalar, Scalar>;

/** What an op's id stands for. */
type Handle =
  | { readonly kind: 'stream'; readonly stream: Stream }
  | { readonly kind: 'table'; readonly table: Table }
  | { readonly kind: 'global'; readonly global: GlobalKTable<Scalar, Scalar> }
  | { readonly kind: 'grouped'; readonly grouped: KGroupedStream<Scalar, Scalar> }
  | {
      readonly kind: 'cogrouped';
      readonly cogrouped: Pick<CogroupedKStream<Scalar, Scalar>, 'aggregate' | 'windowedBy'>;
    }
  | { readonly kind: 'groupedTable'; readonly grouped: KGroupedTable<Scalar, Scalar> }
  | { readonly kind: 'windowed'; readonly windowed: TimeWindowedKStream<Scalar, Scalar> };

/** The handles that a scenario's operations have made so far, by their ids. */
export class Made {
  readonly #handles = new Map<string, Handle>();

  of(id: string): Handle | undefined {
    return this.#handles.get(id);
  }

  set(id: string, handle: Handle): void {
    this.#handles.set(id, handle);
  }

  /** @throws UnsupportedScenario where it is of another kind */
  get<K extends Handle['kind']>(id: string, kind: K): Extract<Handle, { kind: K }> {
    const handle = this.of(id);
    if (handle?.kind !== kind)
      throw new UnsupportedScenario(`"${id}" is ${handle?.kind ?? 'unknown'}, not a ${kind}`);
    return handle as Extract<Handle, { kind: K }>;
  }

  stream(id: string): Stream {
    return this.get(id, 'stream').stream;
  }

  table(id: string): Table {
    return this.get(id, 'table').table;
  }

  isTable(id: string): boolean {
    return this.of(id)?.kind === 'table';
  }

  setStream(id: string, stream: Stream): void {
    this.set(id, { kind: 'stream', stream });
  }

  setTable(id: string, table: Table): void {
    this.set(id, { kind: 'table', table });
  }
}
