import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { kafkaLog } from '@millrace/kafka';
import {
  apiVersionsApi,
  encodeRequest,
  fetchApi,
  joinGroupApi,
  metadataApi,
  produceApi,
  type WireApi,
  WireReader,
} from '@millrace/kafka-protocol/messages';
import * as protocol from '@millrace/kafka-protocol/messages';
import { describe, expect, test } from 'vitest';
import type { LogServer } from '../src/index.ts';
import { served } from './served.ts';

/** More of them by `MILLRACE_HOSTILE=1000000`; the seed by `MILLRACE_SEED`. */
const requests = Number(process.env['MILLRACE_HOSTILE'] ?? 100_000);
const seed = Number(process.env['MILLRACE_SEED'] ?? 1);

type AnyApi = WireApi<object, object>;

const apis = Object.values(protocol)
  .filter((value) => typeof value === 'object' && 'flexibleFrom' in value)
  .map((api) => api as unknown as AnyApi);

/** Small numbers of mulberry32: the same for a seed. */
function randomFrom(start: number): (below: number) => number {
  let state = start >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

async function assertServes(server: LogServer): Promise<void> {
  const log = kafkaLog({
    brokers: [server.address],
    ...(server.token === undefined ? {} : { sasl: login(server) }),
  });
  expect((await log.admin.topics(['t'])).get('t')?.partitions).toBe(1);
  await log.close();
}

const login = ({ token }: LogServer) => ({ mechanism: 'plain', username: 'u', password: token! }) as const;

/** Sends bytes, and forgets about the answers; resolves when the connection has ended or taken them. */
function throwAt(port: number, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => {
      socket.write(bytes, () => socket.end());
    });
    socket.on('data', () => {});
    socket.on('error', () => {});
    socket.on('close', () => resolve());
  });
}

/** A request of some API with whatever random bytes mean in it, and some bytes changed after. */
function mutated(random: (below: number) => number): Buffer {
  const api = apis[random(apis.length)]!;
  const version = api.minVersion + random(api.maxVersion - api.minVersion + 1);
  const noise = Buffer.from(Array.from({ length: 4 + random(120) }, () => random(random(3) === 0 ? 256 : 4)));
  let body: object | undefined;
  try {
    body = api.request.read(new WireReader(noise, { flexible: version >= api.flexibleFrom }), version);
  } catch {
    body = undefined;
  }
  const header = { version, correlationId: random(1000), clientId: 'x' };
  const request =
    body === undefined
      ? Buffer.concat([
          Buffer.of(0, 0, 0, noise.length + 9),
          Buffer.of(0, api.key, 0, version, 0, 0, 0, 1, 255),
          noise,
        ])
      : Buffer.concat(encodeRequest(api as unknown as WireApi<object, never>, header, body));
  for (let changes = random(2) * random(3); changes > 0; changes--)
    request[4 + random(request.length - 4)] = random(256);
  return request;
}

describe('hostile clients', () => {
  test(`${requests} requests that were changed leave a server that serves`, {
    timeout: 600_000,
  }, async () => {
    const { log, server } = await served({ maxGroupSize: 20, requestTimeoutMs: 2000 });
    await log.admin.createTopics([{ name: 't', partitions: 1 }]);
    const random = randomFrom(seed);
    const before = process.memoryUsage().rss;
    for (let sent = 0; sent < requests; ) {
      // Few in a row: the first that makes no sense ends its connection.
      const batch = Array.from({ length: 50 }, () => {
        const some = Array.from({ length: 5 }, () => mutated(random));
        sent += some.length;
        return throwAt(server.port, Buffer.concat(some));
      });
      await Promise.all(batch);
    }
    await assertServes(server);
    expect(process.memoryUsage().rss - before).toBeLessThan(500 << 20);
  });

  test('random bytes, with and without a token to know', { timeout: 60_000 }, async () => {
    for (const token of [false, 'secret'] as const) {
      const { log, server } = await served({ token });
      await log.admin.createTopics([{ name: 't', partitions: 1 }]);
      const random = randomFrom(seed);
      for (let n = 0; n < 50; n++) {
        const bytes = () => Buffer.from(Array.from({ length: 1 + random(3000) }, () => random(256)));
        await Promise.all(Array.from({ length: 20 }, () => throwAt(server.port, bytes())));
      }
      await assertServes(server);
    }
  });

  test('lengths that are huge, negative or too small end the connection at once', async () => {
    const { log, server } = await served({ maxRequestBytes: 1 << 20 });
    await log.admin.createTopics([{ name: 't', partitions: 1 }]);
    for (const size of [0x7fffffff, (1 << 20) + 1, -1, -0x80000000, 0, 7]) {
      const bytes = Buffer.alloc(8);
      bytes.writeInt32BE(size, 0);
      const started = performance.now();
      await new Promise<void>((resolve) => {
        const socket = net.connect(server.port, '127.0.0.1', () => socket.write(bytes));
        socket.on('error', () => {});
        socket.on('close', () => resolve());
      });
      expect(performance.now() - started).toBeLessThan(5000);
    }
    await assertServes(server);
  });

  test('requests whose header makes no sense do not use up the memory for requests', async () => {
    const { log, server } = await served({ maxBufferedBytes: 10_000 });
    await log.admin.createTopics([{ name: 't', partitions: 1 }]);
    // A frame whose client id claims to be longer than the frame.
    const frame = Buffer.alloc(1004);
    frame.writeInt32BE(1000, 0);
    frame.writeInt16BE(metadataApi.key, 4);
    frame.writeInt16BE(1, 6);
    frame.writeInt16BE(30_000, 12);
    for (let n = 0; n < 30; n++) await throwAt(server.port, frame);
    await assertServes(server);
  });

  test('a stranger may not even send a request as long as others may', async () => {
    const { log, server } = await served({ token: 'secret' });
    await log.admin.createTopics([{ name: 't', partitions: 1 }]);
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(70_000, 0);
    await new Promise<void>((resolve) => {
      const socket = net.connect(server.port, '127.0.0.1', () => socket.write(bytes));
      socket.on('error', () => {});
      socket.on('close', () => resolve());
    });
    await assertServes(server);
  });

  test('requests that are never finished, and strangers that say nothing, are let go of', {
    timeout: 60_000,
  }, async () => {
    const { log, server } = await served({ token: 'secret', requestTimeoutMs: 400 });
    await log.admin.createTopics([{ name: 't', partitions: 1 }]);
    const ended = Array.from({ length: 50 }, (_, n) => {
      const whole = Buffer.concat(
        encodeRequest(metadataApi, { version: 9, correlationId: 1, clientId: 'c' }, { topics: null }),
      );
      return new Promise<void>((resolve) => {
        const socket = net.connect(server.port, '127.0.0.1', () => {
          if (n % 2 === 0) socket.write(whole.subarray(0, 5 + (n % 10)));
        });
        socket.on('error', () => {});
        socket.on('close', () => resolve());
      });
    });
    await assertServes(server);
    await Promise.all(ended);
    const until = performance.now() + 10_000;
    while (server.connections > 0 && performance.now() < until) await sleep(5);
    expect(server.connections).toBe(0);
  });

  test('1,000 connections at once: as many as may stay, the rest are closed', {
    timeout: 60_000,
  }, async () => {
    const { log, server } = await served({ maxConnections: 900 });
    await log.admin.createTopics([{ name: 't', partitions: 1 }]);
    let closed = 0;
    const sockets = Array.from({ length: 1000 }, () => {
      const socket = net.connect(server.port, '127.0.0.1');
      socket.on('error', () => {});
      socket.on('close', () => {
        closed++;
      });
      return socket;
    });
    const until = performance.now() + 30_000;
    while (closed < 100 && performance.now() < until) await sleep(20);
    expect(closed).toBe(100);
    expect(server.connections).toBe(900);
    for (const socket of sockets) socket.destroy();
    while (server.connections > 0 && performance.now() < until) await sleep(20);
    await assertServes(server);
  });

  test('a client that reads nothing does not fill the memory', { timeout: 60_000 }, async () => {
    const { log, server } = await served();
    await log.admin.createTopics([{ name: 't', partitions: 1 }]);
    const producer = await log.producer();
    const records = [{ key: null, value: Buffer.alloc(1 << 20, 1), timestamp: 1, headers: [] }];
    for (let n = 0; n < 8; n++) await producer.send([{ topic: 't', partition: 0, records }]);
    const partition = { partition: 0, fetchOffset: 0, partitionMaxBytes: 8 << 20 };
    const request = { maxWaitMs: 0, minBytes: 1, topics: [{ topic: 't', partitions: [partition] }] };
    const one = Buffer.concat(
      encodeRequest(fetchApi, { version: 11, correlationId: 1, clientId: 'c' }, request),
    );
    const socket = net.connect(server.port, '127.0.0.1', () => {
      for (let n = 0; n < 2000; n++) socket.write(one);
    });
    socket.pause();
    socket.on('error', () => {});
    // 2,000 answers of 8 MB would be 16 GB.
    for (let n = 0; n < 20; n++) {
      await sleep(50);
      expect(process.memoryUsage().rss).toBeLessThan(2 * 2 ** 30);
    }
    await assertServes(server);
    socket.destroy();
  });

  test('a client that is gone while its fetch or join waits leaves nothing behind', async () => {
    const { log, server } = await served();
    await log.admin.createTopics([{ name: 't', partitions: 1 }]);
    const partition = { partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 };
    const waiting = { maxWaitMs: 60_000, minBytes: 1, topics: [{ topic: 't', partitions: [partition] }] };
    const header = { version: 11, correlationId: 1, clientId: 'c' };
    const socket = net.connect(server.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(Buffer.concat(encodeRequest(fetchApi, header, waiting)));
    const { listeners } = log.raw.partition('t', 0)!;
    const until = performance.now() + 10_000;
    while (listeners.size === 0 && performance.now() < until) await sleep(5);
    expect(listeners.size).toBe(1);
    socket.destroy();
    while (listeners.size > 0 && performance.now() < until) await sleep(5);
    expect(listeners.size).toBe(0);
  });

  test('what is asked in a version that was not offered ends the connection, but for the versions themselves', async () => {
    const { server } = await served();
    const ask = (bytes: readonly Uint8Array[]): Promise<Buffer> =>
      new Promise((resolve) => {
        const chunks: Buffer[] = [];
        const socket = net.connect(server.port, '127.0.0.1', () => socket.end(Buffer.concat(bytes)));
        socket.on('data', (data) => chunks.push(data));
        socket.on('error', () => {});
        socket.on('close', () => resolve(Buffer.concat(chunks)));
      });
    const header = { version: 99, correlationId: 5, clientId: 'c' };
    const future = await ask(encodeRequest(apiVersionsApi, header, {}));
    const list = apiVersionsApi.response.read(new WireReader(future.subarray(8)), 0);
    expect(list.errorCode).toBe(35);
    expect(list.apiKeys.length).toBeGreaterThan(35);
    for (const api of [produceApi, joinGroupApi]) {
      const bytes = Buffer.of(0, 0, 0, 10, 0, api.key, 0, 99, 0, 0, 0, 1, 255, 255);
      expect(await ask([bytes])).toHaveLength(0);
    }
  });
});
