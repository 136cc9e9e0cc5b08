import { noHeaders, type TopicInfo } from '@millrace/log-client';
import { warningsOnly } from '@millrace/streams-core';
import { afterEach, expect, test } from 'vitest';
import { ChangelogRetentionCheck } from '../../src/runtime/topics/changelog-retention-check.ts';

const warnings: string[] = [];
const keep = ({ name, message }: Error): void => {
  if (name === 'MillraceWarning') warnings.push(message);
};
process.on('warning', keep);
afterEach(() => warnings.splice(0));

const day = 86_400_000;
const changelog = (name: string, configs: Record<string, string>): TopicInfo => ({
  name,
  id: name,
  partitions: 1,
  configs,
});
const rows = (topic: string, timestamp: number) => [
  { topic, partition: 0, records: [{ key: 'k', value: 'v', timestamp, headers: noHeaders }] },
];

async function warned(): Promise<string[]> {
  await new Promise(setImmediate);
  return warnings;
}

test('rows that the topic keeps too short a time are warned of, once for each changelog', async () => {
  const age = new ChangelogRetentionCheck(warningsOnly);
  const configs = { 'cleanup.policy': 'compact,delete', 'retention.ms': String(day) };
  age.watch(changelog('app-counts-changelog', configs));
  age.check(rows('app-counts-changelog', 10 * day), 11 * day);
  expect(await warned()).toEqual([]);
  age.check(rows('app-counts-changelog', 10 * day), 11 * day + 1);
  age.check(rows('app-counts-changelog', 10 * day), 12 * day);
  expect(await warned()).toEqual([
    expect.stringMatching(
      /^Changelog "app-counts-changelog" gets records of 1970-01-11T.*windowStoreChangelogAdditionalRetentionMs/,
    ),
  ]);
});

test('what is kept for good, or not deleted for its age, is not warned of', async () => {
  const age = new ChangelogRetentionCheck(warningsOnly);
  age.watch(changelog('endless', { 'cleanup.policy': 'compact,delete', 'retention.ms': '-1' }));
  age.watch(changelog('compacted', { 'cleanup.policy': 'compact', 'retention.ms': '1000' }));
  age.check([...rows('endless', 0), ...rows('compacted', 0), ...rows('output', 0)], 100 * day);
  expect(await warned()).toEqual([]);
});
