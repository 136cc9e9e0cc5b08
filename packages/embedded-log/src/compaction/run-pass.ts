import { Worker } from 'node:worker_threads';
import { threadFlags } from '@millrace/log-client';
import type { FileSystem } from '../files/file-system.ts';
import { NodeFileSystem } from '../files/node-file-system.ts';
import { type CleanPlan, cleanPass, type CleanResult } from './clean-pass.ts';
import type { RunPass } from './compactor.ts';

/** Below this a thread of its own costs more than the pass. In bytes. */
const smallPass = 1 << 20;

// Threads load what is built: a source file is none that every version of Node can run.
const workerFile = import.meta.url.endsWith('.ts')
  ? new URL('../../dist/compaction/clean-worker.js', import.meta.url)
  : new URL('./clean-worker.js', import.meta.url);

/** Runs passes over a folder in a thread, so that the app's own thread goes on; over anything else here. */
export function passesOn(fileSystem: FileSystem): {
  readonly runPass: RunPass;
  readonly stop: () => Promise<void>;
} {
  let running: Worker | undefined;
  const runPass = (plan: CleanPlan): Promise<CleanResult> => {
    const bytes = plan.segments.reduce((sum, segment) => sum + segment.bytes, 0);
    if (!(fileSystem instanceof NodeFileSystem) || bytes <= smallPass) return cleanPass(fileSystem, plan);
    return new Promise((resolve, reject) => {
      running = new Worker(workerFile, {
        workerData: { dir: fileSystem.location, plan },
        name: 'compaction',
        execArgv: threadFlags(),
      });
      running.unref();
      running.once('message', resolve);
      running.once('error', reject);
      running.once('exit', () => {
        running = undefined;
        reject(new Error('the thread ended before it was done'));
      });
    });
  };
  return {
    runPass,
    stop: async () => {
      await running?.terminate();
    },
  };
}
