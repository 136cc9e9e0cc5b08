/** How long something took, and how much of the processor, over all threads. */
export interface Cost {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

export async function timed(body: () => Promise<void>): Promise<Cost> {
  const started = performance.now();
  const before = cpuSeconds();
  await body();
  return { seconds: (performance.now() - started) / 1000, cpuSeconds: cpuSeconds() - before };
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
