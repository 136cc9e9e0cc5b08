/**
 * What a callback has returned, where that is something to wait for. A callback that is to return nothing may
 * return anything in TypeScript, such as the new length of an array that it pushes to.
 */
export function toAwait(returned: unknown): void | Promise<void> {
  if (returned === undefined) return undefined;
  if (returned instanceof Promise) return returned;
  return isThenable(returned) ? Promise.resolve(returned) : undefined;
}

function isThenable(value: unknown): value is PromiseLike<void> {
  return typeof (value as { readonly then?: unknown } | null)?.then === 'function';
}
