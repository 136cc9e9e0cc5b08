import type { Isolation } from '@millrace/state-stores/runtime';
import { z } from 'zod';
import { ConfigError } from '../../errors.ts';

/** A record whose effect a query must see: the next offset of its partition is past it. */
export interface RecordPosition {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

export interface QueryOptions<K = never> {
  /** `committed` (default): what is committed. `latest`: what the task has made of its input so far. */
  readonly isolation?: Isolation;
  /**
   * Where this instance has only a copy of the rows: read that, if it is at most so many changelog records
   * behind. Default: never. Needs `numStandbyReplicas`.
   */
  readonly stale?: { readonly maxLag: number };
  /**
   * Waits until these records of the store's input are in what is read: who wrote them sees their effect. For
   * topics that the store's sub-topology reads itself.
   */
  readonly atLeast?: readonly RecordPosition[];
  /**
   * How long to wait for rows that are being restored here, and for `atLeast`, in milliseconds. Default 1000.
   */
  readonly timeoutMs?: number;
  /** How the store's input was partitioned. Default: by the key's hash, as Kafka does. */
  readonly partitioner?: (key: K, partitions: number) => number;
}

export type ResolvedQueryOptions = Required<Pick<QueryOptions, 'isolation' | 'atLeast' | 'timeoutMs'>> &
  Pick<QueryOptions, 'stale'> & {
    readonly partitioner: ((key: unknown, partitions: number) => number) | undefined;
  };

const schema = z.strictObject({
  isolation: z.enum(['committed', 'latest']).default('committed'),
  stale: z.strictObject({ maxLag: z.number().min(0) }).optional(),
  atLeast: z
    .array(z.object({ topic: z.string(), partition: z.int().min(0), offset: z.int().min(0) }))
    .readonly()
    .default([]),
  timeoutMs: z.int().min(0).default(1000),
  partitioner: z
    .custom<(key: unknown, partitions: number) => number>((value) => typeof value === 'function')
    .optional(),
});

/** @throws ConfigError naming what is wrong */
export function resolveQueryOptions(options: QueryOptions): ResolvedQueryOptions {
  const parsed = schema.safeParse(options);
  if (!parsed.success) throw new ConfigError(`Options of a query: ${z.prettifyError(parsed.error)}`);
  const { stale, partitioner, ...rest } = parsed.data;
  return { ...rest, ...(stale === undefined ? {} : { stale }), partitioner };
}
