import type { StreamsApp } from './streams-app.ts';

const signals = ['SIGINT', 'SIGTERM'] as const;
/** What a shell shows of a process that a signal has ended: 128 and the signal's number. */
const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;

export interface RunAppOptions {
  /** How long closing may take, in milliseconds, before what is under way is left. Default 10 seconds. */
  readonly closeTimeoutMs?: number;
  /** A signal at which the app drains before it closes: `SIGUSR2`, before another application takes over. */
  readonly drainOn?: NodeJS.Signals;
  /** What to close after the app, in this order: a server, the log. */
  readonly alsoClose?: readonly { close(): unknown }[];
}

/**
 * Runs an app as a main program: starts it, closes it on SIGINT and SIGTERM, and resolves when it is closed.
 * A second signal ends the process at once. Rejects with what the app failed with, so that `await
 * runApp(app)` at the end of a main module ends the process with status 1; a signal that closed it in order
 * leaves 0.
 */
export async function runApp(app: StreamsApp, options: RunAppOptions = {}): Promise<void> {
  const { closeTimeoutMs = 10_000, alsoClose = [], drainOn } = options;
  let isClosing = false;
  const onSignal = (signal: (typeof signals)[number]): void => {
    if (isClosing) process.exit(exitCodes[signal]);
    isClosing = true;
    // What it rejects with is what done rejects with.
    app.close({ timeoutMs: closeTimeoutMs }).catch(() => {});
  };
  // Ended by its close, or by what done rejects with.
  const onDrain = (): void => void app.drain().catch(() => {});
  for (const signal of signals) process.on(signal, onSignal);
  if (drainOn !== undefined) process.on(drainOn, onDrain);
  // User code that waits for something that never comes must not end the process as if all were done.
  const alive = setInterval(() => {}, 2 ** 30);
  try {
    // Asked for at once: from now on a failure is this promise's.
    const { done } = app;
    done.catch(() => {});
    if (app.state === 'created') await start(app);
    await done;
  } finally {
    await app.close({ timeoutMs: closeTimeoutMs }).catch(() => {});
    for (const one of alsoClose) await one.close();
    for (const signal of signals) process.off(signal, onSignal);
    if (drainOn !== undefined) process.off(drainOn, onDrain);
    clearInterval(alive);
  }
}

/** Closed by a signal while it starts, it has no failure. */
async function start(app: StreamsApp): Promise<void> {
  try {
    await app.start();
  } catch (error) {
    if (app.failure !== undefined) throw error;
  }
}
