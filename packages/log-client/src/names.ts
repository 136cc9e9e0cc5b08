import { LogError } from './errors.ts';

/** What a legal name looks like, for the messages of errors. */
export const legalNames = 'characters out of a-z A-Z 0-9 . _ - and not "." or ".."';

/**
 * Whether a name may become a file, a folder or a topic: Kafka's rule for topics, 1 to `maxLength` characters
 * of `a-z A-Z 0-9 . _ -`, and neither `.` nor `..`. Every name from outside that ends up in a path goes
 * through this.
 */
export function isLegalName(name: string, maxLength = 249): boolean {
  if (typeof name !== 'string' || name === '.' || name === '..') return false;
  return name.length <= maxLength && /^[a-zA-Z0-9._-]+$/.test(name);
}

/** @throws LogError `LOG_INVALID_TOPIC` */
export function assertTopicName(name: string): void {
  if (isLegalName(name)) return;
  throw new LogError(
    'LOG_INVALID_TOPIC',
    `Illegal topic name ${JSON.stringify(name)}: use 1 to 249 ${legalNames}`,
  );
}
