import { LogError } from '@millrace/log-client';

const noRoom = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/**
 * Turns what the file system threw into a LogError that says what was being done, where, and what became of
 * it.
 */
export function ioError(error: unknown, action: string, location: string, outcome = ''): LogError {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== undefined && noRoom.has(code)) {
    return new LogError(
      'LOG_FULL',
      `No room left to ${action} in ${location} (${code}): ${outcome}free some space and try again`,
      { cause: error },
    );
  }
  return new LogError('LOG_IO', `Could not ${action} in ${location}: ${message}`, { cause: error });
}
