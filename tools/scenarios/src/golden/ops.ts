import type { Op } from '../schema.ts';

export const stream = (id: string, value: 'string' | 'int' = 'string'): Op => ({
  op: 'stream',
  id,
  topic: `${id}-in`,
  key: 'string',
  value,
});
export const table = (id: string, value: 'string' | 'int' = 'string'): Op => ({
  op: 'table',
  id,
  topic: `${id}-in`,
  key: 'string',
  value,
});
export const to = (from: string): Op => ({ op: 'to', from, topic: 'out' });
export const grouped: readonly Op[] = [stream('s'), { op: 'groupByKey', id: 'g', from: 's' }];
