import { type Example, sourceOf } from './example.ts';

type Line = readonly [topic: string, key: unknown, value: unknown, timestamp: string];

const recordsOf = (...lines: readonly Line[]): string =>
  lines
    .map(([topic, key, value, timestamp]) => `${JSON.stringify({ topic, key, value, timestamp })}\n`)
    .join('');

/** A service in place of one on the network. */
const withService = `${sourceOf('recipes/src/call-service.ts')}
export default callService(async (address) => \`\${address} is at 48.2, 16.4\`);
`;

/** Those of docs/recipes.md. */
export const recipes: readonly Example[] = [
  {
    title: 'Count by window',
    source: sourceOf('recipes/src/count-by-window.ts'),
    records: recordsOf(
      ['requests', 'ann', '/', '12:00:10'],
      ['requests', 'bob', '/', '12:00:50'],
      ['requests', 'ann', '/help', '12:01:20'],
      ['requests', 'eve', '/', '12:00:59'],
      ['requests', 'ann', '/help', '12:02:00'],
      ['requests', 'eve', '/', '12:00:59'],
      ['requests', 'bob', '/', '12:05:00'],
    ),
  },
  {
    title: 'Refuse what makes no sense',
    source: sourceOf('recipes/src/validate.ts'),
    records: recordsOf(
      ['orders', 'ann', { sku: 'mug', quantity: 2 }, '12:00'],
      ['orders', 'bob', { sku: 'cup', quantity: -1 }, '12:01'],
    ),
  },
  {
    title: 'Sessions',
    source: sourceOf('recipes/src/sessions.ts'),
    records: recordsOf(
      ['clicks', 'ann', '/', '12:00'],
      ['clicks', 'ann', '/mugs', '12:20'],
      ['clicks', 'bob', '/', '12:30'],
      ['clicks', 'ann', '/', '13:30'],
      ['clicks', 'bob', '/', '15:00'],
    ),
  },
  {
    title: 'Enrich a stream with a table',
    source: sourceOf('recipes/src/enrich.ts'),
    records: recordsOf(
      ['products', 'mug', { name: 'Mug', price: 3 }, '12:00'],
      ['lines', 'mug', { quantity: 2 }, '12:01'],
      ['lines', 'cup', { quantity: 1 }, '12:02'],
      ['products', 'mug', { name: 'Mug', price: 4 }, '12:03'],
      ['lines', 'mug', { quantity: 2 }, '12:04'],
    ),
  },
  {
    title: 'Match two streams in time',
    source: sourceOf('recipes/src/match.ts'),
    records: recordsOf(
      ['ordered', 'o1', { amount: 10 }, '12:00'],
      ['ordered', 'o2', { amount: 20 }, '12:01'],
      ['paid', 'o1', { amount: 10 }, '12:05'],
      ['ordered', 'o3', { amount: 5 }, '12:30'],
    ),
  },
  {
    title: 'Leave out duplicates',
    source: sourceOf('recipes/src/deduplicate.ts'),
    records: recordsOf(
      ['events', 'ann', { id: 'e1', what: 'sign in' }, '12:00'],
      ['events', 'ann', { id: 'e1', what: 'sign in' }, '12:01'],
      ['events', 'ann', { id: 'e2', what: 'sign out' }, '12:02'],
    ),
  },
  {
    title: 'Join tables by a foreign key',
    source: sourceOf('recipes/src/foreign-key.ts'),
    records: recordsOf(
      ['customers', 'ann', { name: 'Ann' }, '12:00'],
      ['accounts', 'a1', { owner: 'ann', balance: 10 }, '12:01'],
      ['accounts', 'a1', { owner: 'ann', balance: 30 }, '12:02'],
      ['customers', 'ann', { name: 'Anna' }, '12:03'],
      ['accounts', 'a1', null, '12:04'],
    ),
  },
  {
    title: 'Alert on a rate',
    source: sourceOf('recipes/src/alert.ts'),
    records: recordsOf(
      ['logs', 'shop', 'error', '12:00:01'],
      ['logs', 'shop', 'info', '12:00:02'],
      ['logs', 'shop', 'error', '12:00:20'],
      ['logs', 'shop', 'error', '12:00:40'],
    ),
  },
  {
    title: 'Notice what does not happen',
    source: sourceOf('recipes/src/time-out.ts'),
    records: `${recordsOf(
      ['steps', 'o1', 'placed', '12:00'],
      ['steps', 'o2', 'placed', '12:01'],
      ['steps', 'o1', 'paid', '12:05'],
      ['steps', 'o3', 'placed', '12:30'],
    )}`,
  },
  {
    title: 'Call a service',
    source: withService,
    records: recordsOf(
      ['addresses', 'ann', '1 Mill Lane', '12:00'],
      ['addresses', 'bob', '2 Race Road', '12:01'],
    ),
  },
];
