import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { logConformance } from '@millrace/log-client/conformance';
import { afterAll, describe, test } from 'vitest';
import { EmbeddedLog } from '../src/index.ts';

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
