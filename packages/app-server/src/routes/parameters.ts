import { z } from '@hono/zod-openapi';
import type { StoreSpec } from '@millrace/state-stores';
import { isStreamsError, type QueryOptions, type StreamsApp, TopologyError } from '@millrace/streams-core';
import { type Format, parseKey } from '../json.ts';
import { isQueryable } from '../queries.ts';

const flag = z.enum(['true', 'false']).default('false');
const time = z.coerce.number().int();

export const QueryParameters = z.object({
  isolation: z.enum(['committed', 'latest']).default('committed'),
  maxLag: z.coerce
    .number()
    .min(0)
    .optional()
    .openapi({ description: 'Read a copy that is at most so many changelog records behind' }),
  atLeast: z
    .union([z.string(), z.array(z.string())])
    .optional()
    .openapi({
      description: 'topic:partition:offset of a record whose effect must be seen; may be repeated',
    }),
  timeoutMs: z.coerce.number().int().min(0).max(60_000).optional(),
  format: z
    .enum(['json', 'bytes'])
    .default('json')
    .openapi({ description: 'bytes: base64 of what the serdes make' }),
});

export const KeyParameters = QueryParameters.extend({
  asOf: time.optional(),
  from: time.optional(),
  to: time.optional(),
});
export const ScanParameters = QueryParameters.extend({
  from: z.string().optional(),
  to: z.string().optional(),
  prefix: z.string().optional().openapi({ description: 'Bytes that serialised keys start with, as text' }),
  reverse: flag,
  after: z.string().optional().openapi({ description: '`next` of the page before' }),
  scope: z
    .enum(['instance', 'application'])
    .default('instance')
    .openapi({ description: 'Whose rows: of this instance, or of all of them, merged' }),
  limit: z.coerce.number().int().min(1).default(1000),
});

/** Options of a query as they come in a request. @throws TopologyError for a position that is none */
export function queryOptions({
  isolation,
  maxLag,
  atLeast = [],
  timeoutMs,
}: z.infer<typeof QueryParameters>): QueryOptions {
  const positions = (typeof atLeast === 'string' ? [atLeast] : atLeast).map((text) => {
    const [, topic, partition, offset] = /^(.+):(\d+):(\d+)$/.exec(text) ?? [];
    if (topic === undefined)
      throw new TopologyError('TOPOLOGY_INVALID', `atLeast=${text}: topic:partition:offset expected`);
    return { topic, partition: Number(partition), offset: Number(offset) };
  });
  return {
    isolation,
    atLeast: positions,
    ...(maxLag === undefined ? {} : { stale: { maxLag } }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
}

/** A store's spec by its name. @throws TopologyError */
export function specOf(app: StreamsApp, name: string): StoreSpec {
  const spec = app.topology.stores.get(name);
  if (spec !== undefined && isQueryable(spec)) return spec;
  const known = [...app.topology.stores.values()].filter(isQueryable).map((one) => one.name);
  throw new TopologyError(
    'TOPOLOGY_STORE_MISSING',
    `There is no store "${name}"; there are ${known.join(', ') || 'none'}`,
  );
}

/** A key as a request has it. @throws TopologyError where it is none */
export function keyOf(spec: StoreSpec, text: string, format: Format): unknown {
  try {
    return parseKey(text, spec.key as never, format);
  } catch (error) {
    const what = isStreamsError(error) ? error.message : (error as Error).message;
    throw new TopologyError(
      'TOPOLOGY_INVALID',
      `"${text}" is no key of store "${spec.name}": ${what}; keys are JSON, but for texts`,
    );
  }
}
