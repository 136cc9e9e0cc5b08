/**
 * @throws RangeError where a timestamp is no whole number of milliseconds; `what` is the beginning of the
 * message
 */
export function assertMilliseconds(timestamp: number, what: string): void {
  if (Number.isSafeInteger(timestamp)) return;
  throw new RangeError(`${what} ${String(timestamp)}: whole milliseconds since the epoch expected`);
}
