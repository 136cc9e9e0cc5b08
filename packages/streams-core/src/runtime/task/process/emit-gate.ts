/**
 * Lets results out that wait for time to pass: at most every `intervalMs` of wall-clock time, whenever where
 * that is 0.
 */
export function emitGate(intervalMs: number, now: () => number): () => boolean {
  if (intervalMs <= 0) return () => true;
  let nextAt = Number.NEGATIVE_INFINITY;
  return () => {
    const at = now();
    if (at < nextAt) return false;
    nextAt = at + intervalMs;
    return true;
  };
}
