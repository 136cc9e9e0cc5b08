import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { LogError } from '@millrace/log-client';
import {
  deadLetterTo,
  json,
  StreamsApp,
  StreamsBuilder,
  streamsErrorCodes,
  string,
  type Topology,
  topic,
  warningsOnly,
} from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import { describe, expect, test } from 'vitest';
import { RestartPolicy } from '../../src/runtime/app/restart-policy.ts';
import { RecordError } from '../../src/errors.ts';
import { eventually, withLog, write } from '../runtime/support.ts';

const input = topic('in', { key: string(), value: json<number>() });

const failing = (): Topology => {
  const builder = new StreamsBuilder();
  builder.stream(input).foreach(() => {
    throw new Error('out of luck');
  });
  return builder.build();
};

/** A main program whose app fails at its first record. */
function program(end: string): Promise<{ readonly code: number; readonly err: string }> {
  const dist = (name: string): string =>
    JSON.stringify(fileURLToPath(new URL(`../../../${name}/dist/index.js`, import.meta.url)));
  const script = `
    import { EmbeddedLog } from ${dist('embedded-log')};
    import { json, StreamsApp, StreamsBuilder, string, topic } from ${dist('streams-core')};
    import { createServer } from 'node:http';
    const log = await EmbeddedLog.inMemory();
    await log.admin.createTopics([{ name: 'in', partitions: 1 }]);
    const builder = new StreamsBuilder();
    builder.stream(topic('in', { key: string(), value: json() })).foreach(() => { throw new Error('out of luck'); });
    const app = new StreamsApp(builder.build(), { applicationId: 'shop', log });
    await app.start();
    const producer = await log.producer();
    await producer.send([{ topic: 'in', partition: 0, records: [{ key: 'k', value: '1', timestamp: 0, headers: [] }] }]);
    ${end}`;
  return new Promise((resolve) => {
    const args = ['--input-type=module', '-e', script];
    execFile(process.execPath, args, { timeout: 20_000 }, (error, _out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, err });
    });
  });
}

describe('an app that fails', () => {
  test('says so on stderr, with cause and stack, and the process ends with 1', async () => {
    const { code, err } = await program('');
    expect(code).toBe(1);
    expect(err).toMatch(/App "shop" has failed and is stopped: .*record in-0 @ 0.*out of luck/);
    expect(err).toMatch(/\[cause\]: Error: out of luck\n\s+at /);
  });

  test('ends the process beside a server too, where its end is awaited', async () => {
    const { code, err } = await program("createServer().listen(0, '127.0.0.1'); await app.done;");
    expect(code).toBe(1);
    expect(err).toMatch(/RecordError.*out of luck/);
    expect(err).not.toContain('does no more work');
  });

  test('rejects done; one that is closed resolves it', async () => {
    await withLog(async (log) => {
      await log.admin.createTopics([{ name: 'in', partitions: 1 }]);
      const fine = new StreamsApp(failing(), { applicationId: 'fine', log });
      await fine.start();
      await Promise.all([fine.done, fine.close()]);
      await write(log, input, [['a', 1]]);
      const app = new StreamsApp(failing(), { applicationId: 'app', log });
      const done = expect(app.done).rejects.toMatchObject({ code: 'RECORD_PROCESSING' });
      await app.start();
      await done;
      await expect(app.close()).rejects.toThrow('out of luck');
    });
  });

  test('by having its log closed is no longer running', async () => {
    await withLog(async (log) => {
      await log.admin.createTopics([{ name: 'in', partitions: 1 }]);
      const app = new StreamsApp(failing(), { applicationId: 'app', log });
      const done = expect(app.done).rejects.toMatchObject({ code: 'LOG_CLOSED' });
      await app.start();
      await eventually('it runs', () => app.state === 'running');
      await log.close();
      await done;
      expect(app.state).toBe('error');
    });
  });
});

describe('restarts', () => {
  const poison = new RecordError('RECORD_PROCESSING', {
    what: 'A record could not be processed',
    node: 'check',
    origin: { topic: 'in', partition: 0, offset: 7 },
    cause: new Error('no'),
  });

  test('pause twice as long each time, with jitter, and begin again after a calm minute', () => {
    let now = 0;
    const policy = new RestartPolicy('app', warningsOnly, { random: () => 1, now: () => now });
    const delays = Array.from({ length: 12 }, () => policy.delayMs(new Error('x'), { quiet: false }));
    expect(delays).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000, 30_000]);
    now += 61_000;
    expect(policy.delayMs(new Error('x'), { quiet: false })).toBe(100);
    const least = new RestartPolicy('app', warningsOnly, { random: () => 0, now: () => now });
    expect(least.delayMs(new Error('x'), { quiet: false })).toBe(50);
  });

  test('are warned of, and a record that no restart gets past is named with what handlers can do', async () => {
    const warnings: string[] = [];
    const listen = (warning: Error): void => void warnings.push(warning.message);
    process.on('warning', listen);
    const policy = new RestartPolicy('app', warningsOnly);
    for (let n = 0; n < 5; n++) policy.delayMs(poison, { quiet: false });
    await once(process, 'warning');
    await setImmediate();
    process.off('warning', listen);
    expect(warnings.join('\n')).toMatch(
      /App "app" restarts from its last commit in \d+ ms \(failure 2 in a row\)/,
    );
    expect(warnings.at(-1)).toMatch(
      /failed 5 times in a row at record in-0 @ 7: .*logAndContinue\(\).*deadLetterTo/,
    );
  });

  test('of an app at one record happen again and again with growing pauses', async () => {
    await withLog(async (log) => {
      await log.admin.createTopics([{ name: 'in', partitions: 1 }]);
      await write(log, input, [['a', 1]]);
      const at: number[] = [];
      const app = new StreamsApp(failing(), {
        applicationId: 'app',
        log,
        uncaughtExceptionHandler: () => {
          at.push(performance.now());
          return 'restart';
        },
      });
      await app.start();
      await eventually('it has failed five times', () => at.length === 5);
      await app.close();
      // 50 + 100 + 200 + 400 ms at least.
      expect(at[4]! - at[0]!).toBeGreaterThan(700);
    });
  });
});

describe('a dead-letter topic that the app was not told of', () => {
  const bad = topic('in', { key: string(), value: string() });
  const reading = (): Topology => {
    const builder = new StreamsBuilder();
    builder.stream(input).foreach(() => {});
    return builder.build();
  };
  const untold = () => ({ deadLetterTopic: 'dead' });

  test('is an error that names topic and remedy, in the app and in the test driver', async () => {
    await withLog(async (log) => {
      await log.admin.createTopics(['in', 'dead'].map((name) => ({ name, partitions: 1 })));
      await write(log, bad, [['a', 'junk']]);
      const app = new StreamsApp(reading(), {
        applicationId: 'app',
        log,
        deserializationExceptionHandler: untold,
      });
      const done = expect(app.done).rejects.toThrow(
        /topic "dead", which was not named when the app was made/,
      );
      await app.start();
      await done;
      await app.close().catch(() => {});
    });
    const driver = new TopologyTestDriver(reading(), { deserializationExceptionHandler: untold });
    expect(() => driver.createInputTopic(bad).pipeInput('a', 'junk')).toThrow(
      /topic "dead", which was not named/,
    );
  });

  test('is known from deadLetterTo, and missing from the log is an error at the start', async () => {
    await withLog(async (log) => {
      await log.admin.createTopics([{ name: 'in', partitions: 1 }]);
      const config = { applicationId: 'app', log, deserializationExceptionHandler: deadLetterTo('dead') };
      await expect(new StreamsApp(reading(), config).start()).rejects.toMatchObject({
        code: 'TOPOLOGY_TOPIC_MISSING',
      });
      await log.admin.createTopics([{ name: 'dead', partitions: 1 }]);
      await write(log, bad, [['a', 'junk']]);
      const app = new StreamsApp(reading(), config);
      await app.start();
      await eventually('it is there', async () => {
        const [range] = await log.admin.offsets([{ topic: 'dead', partition: 0 }]);
        return range!.end === 1;
      });
      await app.close();
    });
  });
});

test('every error code has a meaning of its own, and is thrown somewhere', () => {
  const src = fileURLToPath(new URL('../../src', import.meta.url));
  const text = readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('errors.ts'))
    .map((name) => readFileSync(path.join(src, name), 'utf8'))
    .join('\n');
  const codes = Object.entries(streamsErrorCodes);
  expect(new Set(codes.map(([, meaning]) => meaning)).size).toBe(codes.length);
  const unused = codes
    .map(([code]) => code)
    .filter((code) => code !== 'CONFIG_INVALID' && !text.includes(`'${code}'`));
  expect(unused).toEqual([]);
});

test('a handler is asked about a log that does not answer, and may end the app', async () => {
  await withLog(async (log) => {
    await log.admin.createTopics(['in', 'out'].map((name) => ({ name, partitions: 1 })));
    const builder = new StreamsBuilder();
    builder.stream(input).to({ ...input, name: 'out' });
    const producerOf = log.producer.bind(log);
    log.producer = async (options) => {
      const producer = await producerOf(options);
      producer.commit = () => Promise.reject(new LogError('LOG_TIMEOUT', 'no answer'));
      return producer;
    };
    const asked: unknown[] = [];
    const app = new StreamsApp(builder.build(), {
      applicationId: 'app',
      log,
      productionExceptionHandler: (error, record) => {
        asked.push([(error.cause as LogError).code, record]);
        return asked.length < 3 ? 'retry' : 'fail';
      },
    });
    const done = expect(app.done).rejects.toMatchObject({ code: 'RECORD_PRODUCTION' });
    await app.start();
    const writer = await producerOf();
    await writer.send([
      { topic: 'in', partition: 0, records: [{ key: 'k', value: '1', timestamp: 0, headers: [] }] },
    ]);
    await done;
    expect(asked).toEqual(Array(3).fill(['LOG_TIMEOUT', undefined]));
    await app.close().catch(() => {});
  });
});
