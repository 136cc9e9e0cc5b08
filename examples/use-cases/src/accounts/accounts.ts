import { json, keyValueStore, long, StreamsBuilder, string, type Topology, topic } from 'millrace';
import { z } from 'zod';

const Command = z.discriminatedUnion('type', [
  z.object({ type: z.literal('deposit'), amount: z.number().int().positive() }),
  z.object({ type: z.literal('withdraw'), amount: z.number().int().positive() }),
  z.object({ type: z.literal('transfer'), amount: z.number().int().positive(), to: z.string() }),
]);
const Event = z.discriminatedUnion('type', [
  z.object({ type: z.literal('deposited'), amount: z.number(), balance: z.number() }),
  z.object({ type: z.literal('withdrawn'), amount: z.number(), balance: z.number() }),
  z.object({ type: z.literal('sent'), amount: z.number(), balance: z.number(), to: z.string() }),
  z.object({ type: z.literal('refused'), amount: z.number(), balance: z.number() }),
]);
type Event = z.infer<typeof Event>;

/** By account. */
export const commands = topic('commands', { key: string(), value: json(Command) });
/** By account: what has happened, in order. Balances and audits can be made of it again at any time. */
export const events = topic('events', { key: string(), value: json(Event) });
/** By the account that gets the money. */
export const transfers = topic('transfers', { key: string(), value: json(Command) });

const balances = keyValueStore({ name: 'balances', key: string(), value: long() });

/** What a command does to an account: a withdrawal that is not covered does nothing. */
function decide(command: z.infer<typeof Command>, before: number): Event {
  const { amount } = command;
  if (command.type === 'deposit') return { type: 'deposited', amount, balance: before + amount };
  if (amount > before) return { type: 'refused', amount, balance: before };
  if (command.type === 'withdraw') return { type: 'withdrawn', amount, balance: before - amount };
  return { type: 'sent', amount, balance: before - amount, to: command.to };
}

/**
 * Commands become events, one account at a time; what is sent comes back as a deposit of the other account.
 */
export function accountsTopology(): Topology {
  const builder = new StreamsBuilder();
  builder.addStateStore(balances);
  const decided = builder
    .stream(commands)
    .merge(builder.stream(transfers))
    .processValues<Event>(
      (context) => {
        const store = context.store(balances);
        return ({ key, value }) => {
          const event = decide(value, store.get(key) ?? 0);
          store.put(key, event.balance);
          return context.forward(event);
        };
      },
      { stores: [balances.name], name: 'decide' },
    );
  decided.to(events);
  decided
    .flatMap((event) =>
      event.type === 'sent' ? [[event.to, { type: 'deposit', amount: event.amount } as const] as const] : [],
    )
    .to(transfers);
  return builder.build();
}
