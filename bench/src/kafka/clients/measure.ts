// One client's share of the comparison, in a process of its own: CLIENT BROKERS TOPIC RECORDS LIBRARIES.
// Sends and transactions are awaited one by one, as commits are. Prints a line of JSON.
import { kafkajs } from './kafkajs.ts';
import { type MeasuredClient, topicsOf } from './measured-client.ts';
import { millrace } from './millrace.ts';
import { platformatic } from './platformatic.ts';
import type { Spent, Step } from './steps.ts';

const sendRecords = 2000;
const clients = { millrace, kafkajs, platformatic };

const [name, brokers, prefix, count, libraries] = process.argv.slice(2) as [
  keyof typeof clients,
  ...[string, string, string, string],
];
const records = Number(count);
const topics = topicsOf(prefix);
const values = Array.from({ length: records }, (_, id) =>
  Buffer.from(
    JSON.stringify({
      id,
      sku: `sku-${id % 10_000}`,
      quantity: id % 7,
      price: (id % 900) / 10,
      note: 'x'.repeat(40),
    }),
  ),
);

async function timed(action: () => Promise<unknown>): Promise<Spent> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  await action();
  const { user, system } = process.cpuUsage(cpu);
  return { seconds: (performance.now() - start) / 1000, cpuSeconds: (user + system) / 1e6 };
}

async function inSends(action: MeasuredClient['send']): Promise<void> {
  for (let from = 0; from < records; from += sendRecords)
    await action(from, Math.min(records, from + sendRecords));
}

const client = await clients[name]({ brokers: brokers.split(','), topics, values, libraries });
const spent: Record<Step, Spent> = {
  send: await timed(() => inSends((from, to) => client.send(from, to))),
  transact: await timed(() => inSends((from, to) => client.transact(from, to))),
  read: await timed(() => client.read(topics.plain, records)),
  readCommitted: await timed(() => client.read(topics.named, records)),
};
await client.close();
console.log(JSON.stringify(spent));
process.exit(0);
