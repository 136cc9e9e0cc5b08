import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { definitionsVersion, messagesFolder, writeMessages } from '@millrace/kafka-messages';
import * as protocol from '@millrace/kafka-protocol/messages';
import { errorCodes, type WireApi, WireReader, WireWriter } from '@millrace/kafka-protocol/messages';
import { beforeAll, describe, expect, test } from 'vitest';
import { kafkaVersion, runJava } from './java.ts';

type AnyApi = WireApi<object, object>;

const apis = new Map(
  Object.values(protocol)
    .filter((value) => typeof value === 'object' && 'flexibleFrom' in value)
    .map((api) => [api.key, api as unknown as AnyApi]),
);
// The definitions are of one version: the others' serializers know fewer messages.
const newest = kafkaVersion === undefined || kafkaVersion === definitionsVersion;

describe.runIf(newest)("messages as Kafka's own serializers write them", () => {
  let lines: string[][] = [];
  beforeAll(async () => {
    lines = (await runJava('Messages.java', []))
      .trim()
      .split('\n')
      .map((line) => line.split(' '));
  }, 120_000);

  test('are the same bytes when they are read and written again', () => {
    let same = 0;
    const different: string[] = [];
    for (const [what, key, kind, versionText, how, hex = ''] of lines) {
      const api = apis.get(Number(key));
      const version = Number(versionText);
      if (what !== 'message' || api === undefined) continue;
      if (version < api.minVersion || version > api.maxVersion) continue;
      const codec = kind === 'request' ? api.request : api.response;
      const flexible = version >= api.flexibleFrom;
      const bytes = Buffer.from(hex, 'hex');
      const name = `${api.name} ${kind} ${version} ${how}`;
      try {
        const reader = new WireReader(bytes, { flexible });
        const message = codec.read(reader, version);
        const writer = new WireWriter({ size: 8, flexible });
        codec.write(writer, message, version);
        const written = Buffer.concat(writer.chunks());
        if (reader.at === bytes.length && written.equals(bytes)) same++;
        else different.push(`${name}: ${bytes.toString('hex')} became ${written.toString('hex')}`);
      } catch (error) {
        different.push(`${name}: ${String(error)}`);
      }
    }
    expect(different).toEqual([]);
    // Each API in each version both ways, empty and filled.
    expect(same).toBeGreaterThan(680);
    console.log(`${same} messages the same byte for byte`);
  });

  test('have its error codes', () => {
    const errors = lines.filter(([what]) => what === 'error').map(([, code, name]) => [name, Number(code)]);
    expect(Object.entries(errorCodes)).toEqual(errors);
  });
});

test.runIf(newest)(
  "the modules are what the generator makes of Kafka's definitions",
  async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'millrace-messages-'));
    try {
      const files = await writeMessages(folder);
      expect(files.length).toBeGreaterThan(40);
      for (const file of files) {
        const made = await readFile(path.join(folder, file), 'utf8');
        expect(made).toBe(await readFile(path.join(messagesFolder, file), 'utf8'));
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
  120_000,
);
