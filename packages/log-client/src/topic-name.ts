import { LogError } from './errors.ts';

const legal = /^[a-zA-Z0-9._-]{1,249}$/;

/**
 * Checks a topic's name by Kafka's rule: 1 to 249 characters of `a-z A-Z 0-9 . _ -`, and neither `.` nor `..`.
 * @throws LogError `LOG_INVALID_TOPIC`
 */
export function assertTopicName(name: string): void {
  if (!legal.test(name) || name === '.' || name === '..') {
    throw new LogError(
      'LOG_INVALID_TOPIC',
      `Illegal topic name ${JSON.stringify(name)}: use 1 to 249 characters out of a-z A-Z 0-9 . _ - and not "." or ".."`,
    );
  }
}
