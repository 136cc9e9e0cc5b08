import { minutes } from 'millrace';
import { expect, test } from 'vitest';
import { alerts, lines, logAlertsTopology, unreadable } from '../src/log-alerts/log-alerts.ts';
import { running } from './running.ts';

test('a minute with a fifth of errors, five at least, is an alert, once in ten minutes', () => {
  const { pipe, read } = running(logAlertsTopology());
  const say = (minute: number, level: string, count: number): void => {
    for (let n = 0; n < count; n++) pipe(lines, `host-${n % 2}`, `${level} shop hello`, minutes(minute) + n);
  };
  say(0, 'ERROR', 4);
  say(1, 'ERROR', 5);
  say(1, 'INFO', 20);
  say(2, 'ERROR', 5);
  say(2, 'INFO', 21);
  say(3, 'ERROR', 50);
  say(12, 'ERROR', 5);
  say(20, 'INFO', 1);
  expect(read(alerts)).toEqual([
    ['shop', { from: '1970-01-01T00:01:00.000Z', lines: 25, errors: 5 }],
    ['shop', { from: '1970-01-01T00:12:00.000Z', lines: 5, errors: 5 }],
  ]);
});

test('what nobody can read is kept', () => {
  const { pipe, read } = running(logAlertsTopology());
  for (const line of ['INFO shop fine', 'info shop fine', 'ERROR', '']) pipe(lines, 'host', line);
  expect(read(unreadable)).toEqual([
    ['host', 'info shop fine'],
    ['host', 'ERROR'],
    ['host', ''],
  ]);
});
