import { createServer } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { freePort, highestPort, lowestPort } from '../src/index.ts';

afterEach(() => vi.restoreAllMocks());

/** What `Math.random` must answer so that this port is looked at. */
const pick = (port: number): number => (port - lowestPort + 0.5) / (highestPort - lowestPort + 1);

test('ports are below the ephemeral ones, and none is given twice', async () => {
  const ports = await Promise.all(Array.from({ length: 200 }, freePort));
  expect(new Set(ports).size).toBe(ports.length);
  for (const port of ports) {
    expect(port).toBeGreaterThanOrEqual(10_000);
    expect(port).toBeLessThan(32_768);
  }
});

test('a port that somebody listens on is passed over, and one that was given', async () => {
  const [taken, next, last] = [await freePort(), await freePort(), await freePort()];
  vi.resetModules();
  const fresh = await import('../src/index.ts');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(taken, '127.0.0.1', resolve));
  const random = vi.spyOn(Math, 'random');
  for (const port of [taken, next, next, last]) random.mockReturnValueOnce(pick(port));
  expect(await fresh.freePort()).toBe(next);
  expect(await fresh.freePort()).toBe(last);
  await new Promise((resolve) => server.close(resolve));
});
