import { inspect } from 'node:util';
import type { Logger } from '../../logger.ts';

/**
 * Says why an app has stopped, and lets the process end with status 1: what an app does whose failure nobody
 * waits for, so that it is not mistaken for one that has finished.
 */
export function reportFailure(
  { applicationId, logger }: { readonly applicationId: string; readonly logger: Logger },
  error: unknown,
): void {
  logger.error(
    { applicationId, error },
    `App "${applicationId}" has failed and is stopped: ${inspect(error)}\n` +
      'Await app.done to handle this; an uncaughtExceptionHandler may restart the app.',
  );
  process.exitCode = 1;
}
