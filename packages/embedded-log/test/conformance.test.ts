import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { LogClient } from '@millrace/log-client';
import { logConformance } from '@millrace/log-client/conformance';
import { afterAll, describe, test } from 'vitest';
import { EmbeddedLog, threadLog } from '../src/index.ts';

describe('in memory', () => {
  logConformance({ test, factory: () => EmbeddedLog.inMemory() });
});

describe('in a folder', () => {
  const dirs: string[] = [];
  afterAll(() => Promise.all(dirs.map((dir) => rm(dir, { recursive: true, force: true }))));

  const factory = (options: { checkpointBytes?: number }) => async () => {
    const dir = await mkdtemp(path.join(tmpdir(), 'millrace log '));
    dirs.push(dir);
    return EmbeddedLog.open({ dir, ...options });
  };
  logConformance({ test, factory: factory({}) });

  describe('with a checkpoint after nearly every commit', () => {
    logConformance({ test, factory: factory({ checkpointBytes: 64 }) });
  });
});

describe('from another thread', () => {
  /** Closes the log with its only client. */
  const factory = async (): Promise<LogClient> => {
    const log = await EmbeddedLog.inMemory();
    const client = await threadLog(log.threadPort());
    const close = client.close.bind(client);
    return Object.assign(client, {
      close: async () => {
        await close();
        await log.close();
      },
    });
  };
  logConformance({ test, factory });
});
