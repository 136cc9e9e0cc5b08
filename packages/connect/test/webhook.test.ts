import { producer, records } from '@millrace/streams-core';
import { expect, onTestFinished, test } from 'vitest';
import { webhook, type WebhookOptions } from '../src/index.ts';
import { newLog, type Stock, stock } from './support.ts';

async function hook(options: Partial<WebhookOptions<string, Stock>> = {}, maxPending = 100) {
  const log = await newLog(1);
  const out = await producer(log, stock, { maxPending });
  onTestFinished(() => out.close());
  const handle = webhook(out, {
    record: (body, request) => ({
      key: new URL(request.url).pathname.slice(1),
      value: JSON.parse(body) as Stock,
      timestamp: 5,
    }),
    ...options,
  });
  const post = async (body: string, init: RequestInit = {}) => {
    const answer = await handle(new Request('http://here/mug', { method: 'POST', body, ...init }));
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown>, answer };
  };
  const inTopic = async (): Promise<unknown[]> => {
    const found: unknown[] = [];
    for await (const { key, value, timestamp } of records(log, stock, { from: 'earliest' }))
      found.push([key, value, timestamp]);
    return found;
  };
  return { log, out, handle, post, inTopic };
}

test('a request is a record, and answered once the log has it', async () => {
  const { post, inTopic } = await hook();
  expect(await post('{"onHand":3}')).toMatchObject({
    status: 202,
    body: { topic: 'stock', partition: 0, offset: 0 },
  });
  expect(await inTopic()).toEqual([['mug', { onHand: 3 }, 5]]);
});

test('what makes no record is refused, and nothing is written', async () => {
  const { post, inTopic, handle } = await hook({
    maxBytes: 20,
    allows: (_, request) => request.headers.get('authorization') === 'Bearer secret',
  });
  const headers = { authorization: 'Bearer secret' };
  expect((await post('{"onHand":3}')).status).toBe(401);
  expect(await post('{', { headers })).toMatchObject({
    status: 400,
    body: { message: expect.stringContaining('JSON') },
  });
  expect((await post('x'.repeat(21), { headers })).status).toBe(413);
  expect((await handle(new Request('http://here/mug'))).status).toBe(405);
  expect(await inTopic()).toEqual([]);
});

test('a log that cannot take it now is 503: the sender may try again', async () => {
  const { handle } = await hook({}, 1);
  const request = () => new Request('http://here/mug', { method: 'POST', body: '{"onHand":3}' });
  const answers = await Promise.all([1, 2, 3].map(() => handle(request())));
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([202, 503, 503]);
  const refused = answers.find(({ status }) => status === 503)!;
  expect(refused.headers.get('retry-after')).toBe('1');
});
