import { inspect } from 'node:util';

/**
 * Says on stderr why an app has stopped, and lets the process end with status 1: what an app does whose
 * failure nobody waits for, so that it is not mistaken for one that has finished.
 */
export function reportFailure(applicationId: string, error: unknown): void {
  console.error(
    `App "${applicationId}" has failed and is stopped: ${inspect(error)}\n` +
      'Await app.done to handle this; an uncaughtExceptionHandler may restart the app.',
  );
  process.exitCode = 1;
}
