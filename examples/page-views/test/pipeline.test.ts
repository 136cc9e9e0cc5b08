import { TopologyTestDriver } from 'millrace/testing';
import { expect, test } from 'vitest';
import { perMinute, pipeline, views } from '../src/pipeline.ts';

test('counts the views of each page by the minute, late ones too, until half a minute after it', () => {
  const seen: string[] = [];
  const driver = new TopologyTestDriver(
    pipeline((page, minute, count) => seen.push(`${minute.toISOString().slice(11, 16)} ${page} ${count}`)),
  );
  const input = driver.createInputTopic(views);
  const at = (time: string) => ({ timestamp: Date.parse(`2026-01-01T${time}Z`) });
  input.pipeInput('ann', { page: '/' }, at('12:00:10'));
  input.pipeInput('bob', { page: '/' }, at('12:00:50'));
  input.pipeInput('ann', { page: '/help' }, at('12:01:20'));
  input.pipeInput('eve', { page: '/' }, at('12:00:59')); // late, but not too late
  input.pipeInput('ann', { page: '/help' }, at('12:01:31'));
  input.pipeInput('eve', { page: '/' }, at('12:00:59')); // too late
  expect(seen).toEqual(['12:00 / 1', '12:00 / 2', '12:01 /help 1', '12:00 / 3', '12:01 /help 2']);
  expect(driver.metrics.lateRecords).toBe(1);
});

test('a restart forgets nothing', () => {
  const driver = new TopologyTestDriver(pipeline(() => {}));
  const input = driver.createInputTopic(views);
  const output = driver.createOutputTopic(perMinute);
  input.pipeInput('ann', { page: '/' }, { timestamp: 0 });
  driver.restart();
  input.pipeInput('bob', { page: '/' }, { timestamp: 1 });
  expect(output.readValuesToList()).toEqual([1, 2]);
});
