import { json, sessionWindowed, string, timeWindowed } from '@millrace/streams-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';

test('windowed keys are written as Kafka does', () => {
  const time = timeWindowed(string(), 10);
  const key = { key: 'k', window: { start: 2 ** 40 + 5, end: 2 ** 40 + 15 } };
  // TimeWindowedSerializer: the key, then the start as a long.
  expect(Buffer.from(time.serialize(key)).toString('hex')).toBe('6b0000010000000005');
  expect(time.deserialize(time.serialize(key))).toEqual(key);
  const session = sessionWindowed(string());
  // SessionKeySchema: the key, then end and start as longs.
  expect(Buffer.from(session.serialize(key)).toString('hex')).toBe('6b000001000000000f0000010000000005');
  expect(session.deserialize(session.serialize(key))).toEqual(key);
});

test('begin with the bytes of their key, whatever its serde and its text', () => {
  const window = { start: 7, end: 17 };
  fc.assert(
    fc.property(
      fc.string({ unit: fc.oneof(fc.string(), fc.constantFrom('\ud800', 'é', '✓', '😀')) }),
      (key) => {
        for (const [windowed, room] of [
          [timeWindowed, 8],
          [sessionWindowed, 16],
        ] as const) {
          const bytes = windowed(string(), 10).serialize({ key, window });
          expect(Buffer.from(bytes.subarray(0, -room))).toEqual(Buffer.from(string().serialize(key)));
          expect(windowed(json(), 10).serialize({ key: { key }, window }).subarray(0, -room)).toEqual(
            json().serialize({ key }),
          );
        }
      },
    ),
  );
});
