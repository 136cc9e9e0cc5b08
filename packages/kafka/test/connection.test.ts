import net from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import {
  apiVersionsApi,
  decodeRequest,
  encodeResponse,
  heartbeatApi,
  readRequestHeader,
  saslAuthenticateApi,
  saslHandshakeApi,
} from '@millrace/kafka-protocol/messages';
import { afterEach, expect, test } from 'vitest';
import { Broker } from '../src/cluster/broker.ts';
import { Connection } from '../src/cluster/connection.ts';
import { resolveKafkaOptions } from '../src/options.ts';

type Answer = (frame: Buffer, socket: net.Socket) => void;

const open: { close(): unknown }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

/** A server that answers each frame as the test says; returns its port. */
async function serve(answer: Answer): Promise<{ readonly port: number; readonly connections: () => number }> {
  let connections = 0;
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    connections++;
    sockets.add(socket);
    let received = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('data', (data) => {
      received = Buffer.concat([received, data]);
      while (received.length >= 4 && received.length >= 4 + received.readInt32BE(0)) {
        const end = 4 + received.readInt32BE(0);
        answer(received.subarray(4, end), socket);
        received = received.subarray(end);
      }
    });
  });
  open.push({ close: () => [server.close(), ...[...sockets].map((socket) => socket.destroy())] });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as net.AddressInfo).port, connections: () => connections };
}

async function connect(port: number): Promise<Connection> {
  const target = { host: '127.0.0.1', port, ssl: false, timeoutMs: 5000, clientId: 'test' };
  const connection = await Connection.open(target);
  open.push({ close: () => connection.destroy(new Error('over')) });
  return connection;
}

const beat = { groupId: 'g', generationId: 1, memberId: 'm' };
const heartbeat = (connection: Connection, timeoutMs = 5000): Promise<{ readonly errorCode: number }> =>
  connection.request(heartbeatApi, 4, beat, timeoutMs);

function answerBeat(frame: Buffer): Buffer {
  const { version, correlationId } = readRequestHeader(frame);
  return Buffer.concat(
    encodeResponse(heartbeatApi, { version, correlationId }, { errorCode: correlationId }),
  );
}

test('answers that come byte by byte, or many at once', async () => {
  const held: Buffer[] = [];
  const { port } = await serve((frame, socket) => {
    held.push(answerBeat(frame));
    if (held.length < 20) return;
    const all = Buffer.concat(held.splice(0));
    void (async () => {
      for (const byte of all.subarray(0, 50)) {
        socket.write(Buffer.of(byte));
        await turn();
      }
      socket.write(all.subarray(50));
    })();
  });
  const connection = await connect(port);
  const answers = await Promise.all(Array.from({ length: 20 }, () => heartbeat(connection)));
  expect(answers.map(({ errorCode }) => errorCode)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
});

test('a request that is not answered ends the connection, and says which it was', async () => {
  const { port } = await serve(() => {});
  const connection = await connect(port);
  const other = expect(heartbeat(connection)).rejects.toMatchObject({ name: 'ConnectionError' });
  await expect(heartbeat(connection, 30)).rejects.toThrow(
    `Connection to 127.0.0.1:${port}: Heartbeat was not answered within 30 ms`,
  );
  await other;
  await expect(heartbeat(connection)).rejects.toMatchObject({ name: 'ConnectionError' });
});

test.each([
  [
    'a server that is no Kafka broker is named as such',
    (_: Buffer, socket: net.Socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'),
    /no Kafka broker, or it wants TLS/,
  ],
  [
    'an answer to nothing',
    (_: Buffer, socket: net.Socket) => socket.write(Buffer.of(0, 0, 0, 4, 0, 0, 0, 99)),
    /request 99, which was not sent/,
  ],
  ['an end', (_: Buffer, socket: net.Socket) => socket.destroy(), /closed|ECONNRESET/],
])('%s', async (_, answer, why) => {
  const { port } = await serve(answer);
  await expect(heartbeat(await connect(port))).rejects.toThrow(why);
});

test('an answer that cannot be read fails its own request only', async () => {
  const { port } = await serve((frame, socket) => {
    const { correlationId } = readRequestHeader(frame);
    const bytes = answerBeat(frame);
    socket.write(correlationId === 1 ? Buffer.of(0, 0, 0, 5, 0, 0, 0, 1, 0) : bytes);
  });
  const connection = await connect(port);
  await expect(heartbeat(connection)).rejects.toMatchObject({ code: 'LOG_CORRUPT' });
  expect(await heartbeat(connection)).toMatchObject({ errorCode: 2 });
});

/** A broker that knows users for a while. */
function secured(lifetimeMs: number, versions = { min: 0, max: 4 }): Answer {
  return (frame, socket) => {
    const header = readRequestHeader(frame);
    const { key } = header;
    const apiKeys = [apiVersionsApi, saslHandshakeApi, saslAuthenticateApi, heartbeatApi].map((api) => ({
      apiKey: api.key,
      minVersion: versions.min,
      maxVersion: versions.max,
    }));
    if (key === apiVersionsApi.key) {
      socket.cork();
      for (const chunk of encodeResponse(apiVersionsApi, header, { errorCode: 0, apiKeys }))
        socket.write(chunk);
      socket.uncork();
    } else if (key === saslHandshakeApi.key) {
      const { mechanism } = decodeRequest(saslHandshakeApi, frame).body;
      const errorCode = mechanism === 'PLAIN' ? 0 : 33;
      const body = { errorCode, mechanisms: ['PLAIN'] };
      socket.write(Buffer.concat(encodeResponse(saslHandshakeApi, header, body)));
    } else if (key === saslAuthenticateApi.key) {
      const { authBytes } = decodeRequest(saslAuthenticateApi, frame).body;
      const errorCode = authBytes.toString() === '\0ada\0secret' ? 0 : 58;
      const body = {
        errorCode,
        errorMessage: null,
        authBytes: Buffer.alloc(0),
        sessionLifetimeMs: lifetimeMs,
      };
      socket.write(Buffer.concat(encodeResponse(saslAuthenticateApi, header, body)));
    } else {
      socket.write(answerBeat(frame));
    }
  };
}

function brokerAt(port: number, sasl?: object): Broker {
  const options = resolveKafkaOptions({ brokers: ['127.0.0.1:1'], ...(sasl as object) });
  const broker = new Broker('127.0.0.1', port, options);
  open.push(broker);
  return broker;
}

const ada = { sasl: { mechanism: 'plain', username: 'ada', password: 'secret' } };

test('users that are known for a while say who they are before it is over', async () => {
  const { port, connections } = await serve(secured(50));
  const broker = brokerAt(port, ada);
  await broker.send(heartbeatApi, beat);
  const until = performance.now() + 5000;
  while (connections() === 1 && performance.now() < until) await broker.send(heartbeatApi, beat);
  expect(connections()).toBe(2);
});

test('who is known for good keeps one connection', async () => {
  const { port, connections } = await serve(secured(0));
  const broker = brokerAt(port, ada);
  await Promise.all(Array.from({ length: 30 }, () => broker.send(heartbeatApi, beat)));
  expect(connections()).toBe(1);
});

test('a mechanism that the broker lacks, and a wrong password, are said without the password', async () => {
  const { port } = await serve(secured(0));
  const scram = brokerAt(port, { sasl: { ...ada.sasl, mechanism: 'scram-sha-512' } });
  await expect(scram.send(heartbeatApi, beat)).rejects.toThrow(
    /the broker does not take SCRAM-SHA-512, only PLAIN: change sasl.mechanism/,
  );
  const wrong = brokerAt(port, { sasl: { ...ada.sasl, password: 'guess-this' } });
  await expect(wrong.send(heartbeatApi, beat)).rejects.toThrow(/user ada, plain: SASL_AUTHENTICATION_FAILED/);
  await expect(wrong.send(heartbeatApi, beat)).rejects.not.toThrow(/guess-this/);
});

test('a broker that is too new or too old is named with its versions', async () => {
  const { port } = await serve(secured(0, { min: 8, max: 9 }));
  await expect(brokerAt(port).send(heartbeatApi, beat)).rejects.toThrow(
    /UNSUPPORTED_VERSION \(Heartbeat: the broker has versions 8 to 9, this client 0 to 4\)/,
  );
});
