// A worker thread: makes the app of a module, runs it, and says how it is.
import { parentPort, workerData } from 'node:worker_threads';
import { ConfigError } from '../../errors.ts';
import { StreamsApp } from '../app/streams-app.ts';
import { type FromWorker, sendable, type ToWorker, type WorkerStart } from './messages.ts';
import type { MakeApp } from './worker-pool.ts';

const port = parentPort!;
const { module, index, count, data, logPort } = workerData as WorkerStart;

function say(message: FromWorker): void {
  port.postMessage(message);
}

async function makeApp(): Promise<StreamsApp> {
  const { default: make } = (await import(module)) as { readonly default?: MakeApp };
  if (typeof make !== 'function') {
    throw new ConfigError(
      `Workers run the app that the default export of a module makes: ${module} exports no function. Write \`export default ({ index }) => new StreamsApp(...)\` there`,
    );
  }
  const app = await make({ index, count, data, logPort });
  if (app instanceof StreamsApp) return app;
  throw new ConfigError(
    `The default export of ${module} made no StreamsApp; where it did, two copies of the package are installed`,
  );
}

async function run(): Promise<void> {
  const app = await makeApp();
  app.state$.subscribe((state) => say({ kind: 'state', state, taskIds: app.taskIds }));
  const report = (): void =>
    say({ kind: 'report', counts: app.metrics, metrics: app.readMetrics(), health: app.health() });
  port.on('message', (message: ToWorker) => {
    report();
    if (message.kind === 'report') say({ kind: 'state', state: app.state, taskIds: app.taskIds });
    // What it failed with is said below.
    else app.close({ timeoutMs: message.timeoutMs }).catch(() => {});
  });
  await app.start();
  await app.done;
  report();
}

run().then(
  () => say({ kind: 'closed' }),
  (error: unknown) => say({ kind: 'failed', error: sendable(error) }),
);
