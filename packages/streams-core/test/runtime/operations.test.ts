import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { StreamsApp, StreamsBuilder, string, topic } from '@millrace/streams-core';
import { afterEach, describe, expect, test } from 'vitest';
import { clicks, countClicks, topics } from './click-counts.ts';
import { caughtUp, eventually, manyTurns, withLog, write } from './support.ts';

const input = topic('in', { key: string(), value: string() });

describe('health', () => {
  test('tells starting, running, failed and closed apart, with reasons', async () => {
    await withLog(async (log, stateDir) => {
      await log.admin.createTopics(topics(1));
      const app = new StreamsApp(countClicks(), { applicationId: 'app', log, stateDir });
      expect(app.health()).toMatchObject({ status: 'starting', live: true, ready: false });
      await app.start();
      await eventually('it runs', () => app.health().ready);
      expect(app.health()).toEqual({ status: 'running', live: true, ready: true, reasons: [] });
      await app.close();
      expect(app.health()).toMatchObject({ status: 'closed', live: false, ready: false });

      const builder = new StreamsBuilder();
      builder.stream(clicks).foreach(() => {
        throw new Error('out of luck');
      });
      const failing = new StreamsApp(builder.build(), { applicationId: 'failing', log });
      const failed = expect(failing.done).rejects.toThrow('out of luck');
      await failing.start();
      await write(log, clicks, [['a', 'x']]);
      await failed;
      expect(failing.health()).toMatchObject({ status: 'failed', live: false, ready: false });
      expect(failing.health().reasons[0]).toContain('out of luck');
      await failing.close().catch(() => {});
    });
  });

  test('is stuck where user code does not answer while there is input, and only then', async () => {
    await withLog(async (log) => {
      await log.admin.createTopics([{ name: 'in', partitions: 1 }]);
      for (const [name, add] of [
        ['sync', (builder: StreamsBuilder, gate: Promise<void>) => builder.stream(input).foreach(() => gate)],
        [
          'async',
          (builder: StreamsBuilder, gate: Promise<void>) =>
            builder
              .stream(input)
              .mapValuesAsync(() => gate)
              .foreach(() => {}),
        ],
      ] as const) {
        let release = (): void => {};
        const gate = new Promise<void>((resolve) => {
          release = resolve;
        });
        const builder = new StreamsBuilder();
        add(builder, gate);
        const app = new StreamsApp(builder.build(), { applicationId: name, log });
        await app.start();
        await eventually('it runs', () => app.state === 'running');
        const health = () => app.health({ stuckAfterMs: 50 });
        await manyTurns();
        expect(health().status).toBe('running');
        await write(log, input, [['a', 'x']]);
        await eventually('it is stuck', () => health().status === 'stuck');
        expect(health().reasons[0]).toMatch(/\d+ records wait, and none has been processed/);
        expect(health()).toMatchObject({ live: false });
        release();
        await eventually('it goes on', () => health().status === 'running');
        await app.close();
      }
    });
  });

  test('a store that is being restored makes it restoring, with what is left', async () => {
    await withLog(async (log, dir) => {
      await log.admin.createTopics(topics(1));
      const config = { applicationId: 'app', log } as const;
      const app = new StreamsApp(countClicks(), { ...config, stateDir: `${dir}/one` });
      await app.start();
      await write(log, clicks, [
        ['a', 'x'],
        ['b', 'x'],
      ]);
      await caughtUp(log, 'app', 'clicks');
      await app.close();
      const seen: string[] = [];
      const again: StreamsApp = new StreamsApp(countClicks(), {
        ...config,
        stateDir: `${dir}/two`,
        stateRestoreListener: { onBatchRestored: () => seen.push(JSON.stringify(again.health())) },
      });
      await again.start();
      await eventually('it runs', () => again.health().ready);
      expect(JSON.parse(seen[0]!)).toMatchObject({ status: 'restoring', live: true, ready: false });
      expect(seen[0]).toContain('clicks-per-key');
      await again.close();
    });
  });
});

test('an app that is paused processes nothing, answers queries, and goes on where it was', async () => {
  await withLog(async (log, stateDir) => {
    await log.admin.createTopics([...topics(1), { name: 'in', partitions: 1 }]);
    const builder = new StreamsBuilder();
    const table = builder.stream(clicks).groupByKey().count({ as: 'c' });
    const others: string[] = [];
    builder.stream(input).foreach((value) => void others.push(value));
    const app = new StreamsApp(builder.build(), { applicationId: 'app', log, stateDir });
    await app.start();
    await write(log, clicks, [['a', 'x']]);
    await caughtUp(log, 'app', 'clicks');
    app.pause({ subTopology: 0 });
    expect(app.isPaused).toBe(true);
    expect(app.health().status).toBe('paused');
    await write(
      log,
      clicks,
      Array.from({ length: 3000 }, () => ['a', 'x'] as const),
    );
    await write(log, input, [['k', 'one']]);
    await eventually('the other part works', () => others.length === 1);
    expect(await app.store(table).get('a')).toBe(1);
    app.pause();
    await write(log, input, [['k', 'two']]);
    await manyTurns();
    expect(others).toEqual(['one']);
    app.resume();
    await eventually(
      'all is done',
      async () => (await app.store(table).get('a')) === 3001 && others.length === 2,
    );
    expect(app.isPaused).toBe(false);
    await app.close();
  });
});

describe('runApp', () => {
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  /** A main program that says "running", and "closed" once what it closes after the app is. */
  async function program(
    body: string,
  ): Promise<{ child: ChildProcess; out: () => string; until: (text: string) => Promise<void> }> {
    const dist = (name: string): string =>
      JSON.stringify(fileURLToPath(new URL(`../../../${name}/dist/index.js`, import.meta.url)));
    const script = `
      import { EmbeddedLog } from ${dist('embedded-log')};
      import { runApp, StreamsApp, StreamsBuilder, string, topic } from ${dist('streams-core')};
      const log = await EmbeddedLog.inMemory();
      await log.admin.createTopics([{ name: 'in', partitions: 1 }]);
      const input = topic('in', { key: string(), value: string() });
      const send = async () => (await log.producer()).send([
        { topic: 'in', partition: 0, records: [{ key: 'k', value: 'v', timestamp: 0, headers: [] }] },
      ]);
      const builder = new StreamsBuilder();
      builder.stream(input).foreach(async () => { BODY; });
      const app = new StreamsApp(builder.build(), { applicationId: 'app', log });
      app.state$.subscribe((state) => { console.log(state); if (state === 'running') send(); });
      const closing = { close: () => console.log('and the rest') };
      await runApp(app, { closeTimeoutMs: 60_000, alsoClose: [closing, log] });
      console.log('over');`.replace('BODY', body);
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.push(child);
    let text = '';
    child.stdout!.on('data', (data: Buffer) => (text += data.toString()));
    child.stderr!.on('data', (data: Buffer) => (text += data.toString()));
    const until = (wanted: string): Promise<void> =>
      eventually(`it says ${wanted}`, () => text.includes(wanted), { withinMs: 20_000 });
    await until('running');
    return { child, out: () => text, until };
  }

  test.each(['SIGTERM', 'SIGINT'] as const)('closes in order at %s, and leaves status 0', async (signal) => {
    const { child, out } = await program('');
    child.kill(signal);
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(out().trim().split('\n')).toEqual([
      'created',
      'rebalancing',
      'running',
      'closed',
      'and the rest',
      'over',
    ]);
  });

  test('a second signal ends it at once', async () => {
    const { child, until } = await program("console.log('busy'); await new Promise(() => {});");
    await until('busy');
    child.kill('SIGTERM');
    // It waits for the record that never ends: the first signal has been taken up by now.
    await eventually('it is still there', () => child.exitCode === null);
    const ended = once(child, 'close');
    const again = setInterval(() => child.kill('SIGTERM'), 50);
    expect(await ended).toEqual([143, null]);
    clearInterval(again);
  });

  test('a failure ends it with status 1', async () => {
    const { child, out } = await program("throw new Error('out of luck')");
    expect(await once(child, 'close')).toEqual([1, null]);
    expect(out()).toContain('out of luck');
    expect(out()).toContain('and the rest');
  });
});
