import { json, nullable, StreamsBuilder, string, type Topology, topic } from 'millrace';
import { z } from 'zod';

const Account = z.object({ owner: z.string(), balance: z.number() });
const Customer = z.object({ name: z.string() });
export const accounts = topic('accounts', { key: string(), value: json(Account) });
export const customers = topic('customers', { key: string(), value: json(Customer) });
export const statements = topic('statements', { key: string(), value: nullable(json<string>()) });

/** Accounts with their owner's name: a change of either side changes the result, a delete deletes it. */
export function foreignKey(): Topology {
  const builder = new StreamsBuilder();
  builder
    .table(accounts, { as: 'accounts' })
    .join(
      builder.table(customers, { as: 'customers' }),
      ({ owner }) => owner,
      ({ balance }, { name }) => `${name} has ${balance}`,
      { as: 'statements' },
    )
    .toStream()
    .to(statements);
  return builder.build();
}
