import { EmbeddedLog } from '@millrace/embedded-log';
import {
  ConfigError,
  StreamsApp,
  StreamsBuilder,
  type StreamsConfig,
  string,
  topic,
} from '@millrace/streams-core';
import { expect, test } from 'vitest';

const builder = new StreamsBuilder();
builder.stream(topic('in', { key: string(), value: string() })).foreach(() => {});
const topology = builder.build();

async function messageFor(wrong: Record<string, unknown>): Promise<string> {
  const log = await EmbeddedLog.inMemory();
  try {
    new StreamsApp(topology, { applicationId: 'app', log, ...wrong } as unknown as StreamsConfig);
    return 'accepted';
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message;
  } finally {
    await log.close();
  }
}

test.each([
  [{ commitIntervalMs: -1 }, /"commitIntervalMs": .*>=0.*got -1/],
  [{ commitIntervalMs: '100' }, /"commitIntervalMs": .*expected (number|int).*got "100"/],
  [
    { processingGuarantee: 'exactly_twice' },
    /"processingGuarantee": .*"exactly_once"\|"at_least_once".*got "exactly_twice"/,
  ],
  [{ applicationId: 'a/b' }, /"applicationId": expected 1 to 100 characters.*got "a\/b"/],
  [{ log: {} }, /"log": expected a LogClient/],
  [{ uncaughtExceptionHandler: 'restart' }, /"uncaughtExceptionHandler": expected a function/],
  [{ comitIntervalMs: 100 }, /"comitIntervalMs" is no option; the options are applicationId, log/],
])('%o is refused by name', async (wrong, message) => {
  expect(await messageFor(wrong)).toMatch(message);
});

test('every wrong option is named at once', async () => {
  const message = await messageFor({ pollMs: -1, stateDir: '' });
  expect(message).toContain('"pollMs"');
  expect(message).toContain('"stateDir"');
});
