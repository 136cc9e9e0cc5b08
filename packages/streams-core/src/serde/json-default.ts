import type { Serde } from '@millrace/log-client';

/** How deep a type is looked into. */
type Depth = [never, 0, 1, 2, 3];

/** What of a type JSON makes something else of; never where there is nothing. */
export type LostInJson<T, D extends number = 4> = unknown extends T
  ? never
  : T extends string | number | boolean | null | undefined
    ? never
    : T extends bigint
      ? 'a bigint'
      : T extends symbol
        ? 'a symbol'
        : T extends Date
          ? 'a Date'
          : T extends ReadonlyMap<unknown, unknown>
            ? 'a Map'
            : T extends ReadonlySet<unknown>
              ? 'a Set'
              : T extends ArrayBufferView | ArrayBuffer
                ? 'bytes'
                : T extends (...args: never) => unknown
                  ? 'a function'
                  : D extends 0
                    ? never
                    : T extends readonly (infer E)[]
                      ? LostInJson<E, Depth[D]>
                      : { [P in keyof T]-?: LostInJson<T[P], Depth[D]> }[keyof T];

/** Without `value` an aggregate is stored as JSON, which would lose what the type argument says. */
export interface SerdeNeededBecauseJsonLoses<_What, A> {
  readonly value: Serde<A>;
}

/**
 * What the schema takes in is none of what JSON can hold: what was written would not fit it when it is read.
 * For dates `z.coerce.date()` does, or `z.iso.datetime()`.
 */
export interface JsonCannotHold<_What> {
  readonly useAnotherSerde: never;
}

/** A schema whose input JSON can hold. */
export type HeldByJson<I> = [LostInJson<I>] extends [never] ? unknown : JsonCannotHold<LostInJson<I>>;

/** Options that must name a serde where JSON, the default, would lose a part of the value. */
export type JsonDefault<A> = [LostInJson<A>] extends [never]
  ? unknown
  : SerdeNeededBecauseJsonLoses<LostInJson<A>, A>;
