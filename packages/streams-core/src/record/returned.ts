/**
 * Refuses what a function cannot return where a value is needed at once: a promise, or nothing. Returns the
 * value.
 */
export function returned<T>(value: T, of: string): T {
  if (value === undefined) {
    throw new TypeError(`the function given to ${of} returned undefined: return a value, or null for none`);
  }
  if (value instanceof Promise) throw isPromise(of);
  return value;
}

/** What a predicate says. A promise would always count as true. */
export function holds(value: boolean, of: string): boolean {
  if (value === true || value === false) return value;
  if ((value as unknown) instanceof Promise) throw isPromise(of);
  return Boolean(value);
}

/** The values that a function gives, all at once. */
export function returnedAll<T>(values: Iterable<T>, of: string): readonly T[] {
  if (typeof (values as Partial<Iterable<T>> | undefined)?.[Symbol.iterator] !== 'function') {
    if (values instanceof Promise) throw isPromise(of);
    throw new TypeError(
      `the function given to ${of} returned ${typeOf(values)}: return an array or another iterable`,
    );
  }
  const all = [...values];
  for (const value of all) returned(value, of);
  return all;
}

function typeOf(value: unknown): string {
  return value === null ? 'null' : typeof value;
}

function isPromise(of: string): TypeError {
  const asynchronous =
    of === 'mapValues' || of === 'flatMapValues' ? `${of}Async` : 'mapValuesAsync before it';
  return new TypeError(
    `the function given to ${of} returned a promise, which is not waited for here: make it synchronous, or use ${asynchronous}`,
  );
}
