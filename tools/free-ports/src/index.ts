import { createServer } from 'node:net';

/**
 * Below the ephemeral ports (from 32,768 on Linux, from 49,152 elsewhere): one of those that was free may be
 * taken by any connection before its server listens.
 */
export const lowestPort = 10_000;
export const highestPort = 32_767;

const given = new Set<number>();

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** A port of loopback that nobody listens on, and that this process has not been given before. */
export async function freePort(): Promise<number> {
  for (;;) {
    // At random, as other processes look for ports at the same time.
    const port = lowestPort + Math.floor(Math.random() * (highestPort - lowestPort + 1));
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
}
