import { warn } from '@millrace/log-client/platform';

/**
 * Where an app says what it does: pino's shape, so that `pino()` is one. Fields are plain values:
 * `applicationId`, `taskId`, `store`, `error` and the like.
 */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Warnings as process warnings, errors on stderr, the rest nowhere: the default. */
export const warningsOnly: Logger = {
  debug: () => {},
  info: () => {},
  warn: (_, message) => warn(message),
  error: (_, message) => console.error(message),
};
