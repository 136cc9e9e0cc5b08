import * as protocol from '@millrace/kafka-protocol/messages';
import {
  decodeRequest,
  decodeResponse,
  encodeRequest,
  encodeResponse,
  fetchApi,
  frameSizeBytes,
  metadataApi,
  readRequestHeader,
  type WireApi,
  WireReader,
  WireWriter,
} from '@millrace/kafka-protocol/messages';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

type AnyApi = WireApi<object, object>;

const apis = Object.values(protocol)
  .filter((value) => typeof value === 'object' && 'flexibleFrom' in value)
  .map((api) => api as unknown as AnyApi);

function frame(chunks: readonly Uint8Array[]): Buffer {
  const bytes = Buffer.concat(chunks);
  expect(bytes.readInt32BE(0)).toBe(bytes.length - frameSizeBytes);
  return bytes.subarray(frameSizeBytes);
}

describe('frames', () => {
  test.each([4, 11, 12, 17])('a fetch and its response, version %i', (version) => {
    const topic = version < 13 ? { topic: 'orders' } : { topicId: 'AAAAAAAAAAAAAAAAAAAAAQ' };
    const partition = { partition: 3, fetchOffset: 2 ** 40, partitionMaxBytes: 1000 };
    const request = { maxWaitMs: 5, minBytes: 1, topics: [{ ...topic, partitions: [partition] }] };
    const header = { version, correlationId: 7, clientId: 'é' };
    const sent = frame(encodeRequest(fetchApi, header, request));
    expect(readRequestHeader(sent)).toMatchObject({ key: 1, ...header });
    expect(decodeRequest(fetchApi, sent)).toMatchObject({ ...header, body: request });

    const chunks = [Buffer.alloc(5000, 1), Buffer.alloc(3, 2), Buffer.alloc(9000, 3)];
    const head = { partitionIndex: 3, errorCode: 0, highWatermark: 9, lastStableOffset: 8 };
    const response = { responses: [{ ...topic, partitions: [{ ...head, records: chunks }] }] };
    const written = encodeResponse(fetchApi, header, response);
    // Long records are not copied.
    expect(written).toContain(chunks[0]);
    const read = decodeResponse(fetchApi, version, frame(written));
    expect(read.responses[0]!.partitions[0]).toMatchObject(head);
    expect(read.responses[0]!.partitions[0]!.records).toEqual(Buffer.concat(chunks));
  });

  test('tagged fields that nobody knows are skipped', () => {
    const writer = new WireWriter({ flexible: true });
    const text = (t: WireWriter): void => t.string('from the future');
    writer.array([], () => {}, 12);
    writer.bool(true);
    writer.bool(false);
    writer.tags([
      [9, text],
      [300, text],
    ]);
    const [bytes] = writer.chunks();
    const reader = new WireReader(Buffer.from(bytes!), { flexible: true });
    expect(metadataApi.request.read(reader, 12)).toMatchObject({ topics: [], allowAutoTopicCreation: true });
    expect(reader.at).toBe(bytes!.length);
  });

  test('a field that a version cannot say is refused, unless it may be ignored', () => {
    const request = { topics: null, includeTopicAuthorizedOperations: true };
    const write = (): unknown =>
      encodeRequest(metadataApi, { version: 5, correlationId: 1, clientId: null }, request);
    expect(write).toThrow(/Version 5 has no field MetadataRequest.includeTopicAuthorizedOperations/);
  });
});

describe('hostile bytes', () => {
  const version = fc.integer({ min: 0, max: 20 });
  const anyApi = fc.constantFrom(...apis);

  /** Whatever comes, it is a message or a named error. */
  function readAny(api: AnyApi, at: number, bytes: Uint8Array): void {
    const v = Math.min(api.maxVersion, Math.max(api.minVersion, at));
    for (const codec of [api.request, api.response]) {
      const reader = new WireReader(Buffer.from(bytes), { flexible: v >= api.flexibleFrom });
      try {
        codec.read(reader, v);
      } catch (error) {
        expect(error).toMatchObject({ code: 'LOG_CORRUPT' });
      }
    }
  }

  test('random ones', () => {
    fc.assert(fc.property(anyApi, version, fc.uint8Array({ maxLength: 200 }), readAny), { numRuns: 20_000 });
  });

  test('messages with a changed byte, or cut off', () => {
    const small = fc.uint8Array({ minLength: 1, maxLength: 400 });
    const changed = fc.property(
      anyApi,
      version,
      small,
      fc.nat(),
      fc.nat(255),
      (api, at, seed, place, byte) => {
        const v = Math.min(api.maxVersion, Math.max(api.minVersion, at));
        const flexible = v >= api.flexibleFrom;
        let message: object;
        try {
          message = api.response.read(new WireReader(Buffer.from(seed), { flexible }), v);
        } catch {
          return;
        }
        const writer = new WireWriter({ flexible });
        api.response.write(writer, message, v);
        const bytes = Buffer.concat(writer.chunks());
        bytes[place % bytes.length] = byte;
        readAny(api, v, bytes);
        readAny(api, v, bytes.subarray(0, place % bytes.length));
      },
    );
    fc.assert(changed, { numRuns: 20_000 });
  });

  test('a length that is not there takes no memory', () => {
    for (const flexible of [false, true]) {
      const writer = new WireWriter({ flexible });
      if (flexible) writer.uvarint(0xffffffff);
      else writer.int32(0x7fffffff);
      const bytes = Buffer.concat(writer.chunks());
      const read = (): unknown => new WireReader(bytes, { flexible }).array((r) => r.int8(), 0);
      expect(read).toThrow(/announces \d+ elements/);
    }
  });
});
