import { anyTopic, sampleOf, type UseCase } from '../use-case.ts';
import { accountsTopology, commands, events } from './accounts.ts';

export const useCase: UseCase = {
  what: 'event-sourced bank accounts: commands to events, transfers, exactly once',
  topology: accountsTopology,
  sample: sampleOf(commands, [
    ['ann', { type: 'deposit', amount: 100 }, 0],
    ['bob', { type: 'deposit', amount: 50 }, 1],
    ['bob', { type: 'withdraw', amount: 20 }, 2],
    ['ann', { type: 'transfer', amount: 30, to: 'bob' }, 3],
    ['ann', { type: 'withdraw', amount: 200 }, 4],
  ]),
  results: [anyTopic(events)],
};
