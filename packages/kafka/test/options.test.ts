import { expect, test } from 'vitest';
import { kafkaLog } from '../src/index.ts';

const message = (options: object): string => {
  try {
    kafkaLog(options as never);
  } catch (error) {
    expect(error).toMatchObject({ name: 'LogError', code: 'LOG_CONFIG' });
    return (error as Error).message;
  }
  throw new Error('it was taken');
};

test('wrong options are named', () => {
  expect(message({ brokers: [] })).toMatch(/"brokers"/);
  expect(message({ brokers: ['nowhere'] })).toMatch(/"brokers.0": expected host:port/);
  expect(message({ brokers: ['a:1'], compression: 'rar' })).toMatch(/"compression"/);
  expect(message({ brokers: ['a:1'], retries: 3 })).toMatch(/retries/);
});

test('a wrong secret is never repeated', () => {
  const sasl = { mechanism: 'plain', username: 'u', password: 12345678 };
  expect(message({ brokers: ['a:1'], sasl })).not.toMatch(/12345678/);
});

test('an address where nobody listens is said, in time', async () => {
  const log = kafkaLog({ brokers: ['127.0.0.1:1'], retryTimeoutMs: 50 });
  await expect(log.admin.topics(['orders'])).rejects.toMatchObject({
    code: 'LOG_TIMEOUT',
    retriable: true,
    message: expect.stringMatching(/Looking topics up: .*127\.0\.0\.1:1|ECONNREFUSED/),
  });
  await log.close();
  await expect(log.producer()).rejects.toMatchObject({ code: 'LOG_CLOSED' });
});
