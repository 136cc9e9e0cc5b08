import fc from 'fast-check';
import { expect, test } from 'vitest';
import { accountsTopology, commands, events } from '../src/accounts/accounts.ts';
import { running } from './running.ts';

const account = fc.constantFrom('ann', 'bob', 'eve');
const amount = fc.integer({ min: 1, max: 100 });
const command = fc.oneof(
  fc.record({ type: fc.constant('deposit' as const), amount }),
  fc.record({ type: fc.constant('withdraw' as const), amount }),
  fc.record({ type: fc.constant('transfer' as const), amount, to: account }),
);

test('no money comes from nowhere, none goes, and no account is overdrawn', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(account, command)), (all) => {
      const { pipe, read } = running(accountsTopology());
      for (const [key, value] of all) pipe(commands, key, value);
      const balances = new Map<string, number>();
      let [inside, sent] = [0, 0];
      for (const [key, event] of read(events)) {
        expect(event!.balance).toBeGreaterThanOrEqual(0);
        balances.set(key!, event!.balance);
        if (event!.type === 'deposited') inside += event!.amount;
        if (event!.type === 'withdrawn') inside -= event!.amount;
        // It comes in again as a deposit.
        if (event!.type === 'sent') sent += event!.amount;
      }
      expect([...balances.values()].reduce((sum, one) => sum + one, 0)).toBe(inside - sent);
    }),
    { numRuns: 50 },
  );
});

test('a withdrawal that is not covered is refused, and a negative amount never comes so far', () => {
  const { pipe, read } = running(accountsTopology());
  pipe(commands, 'ann', { type: 'withdraw', amount: 1 });
  expect(read(events)).toEqual([['ann', { type: 'refused', amount: 1, balance: 0 }]]);
  expect(() => pipe(commands, 'ann', { type: 'deposit', amount: -5 })).toThrow(/amount/);
});
