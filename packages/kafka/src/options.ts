import type { ConnectionOptions } from 'node:tls';
import { LogError, isLegalName, legalNames } from '@millrace/log-client';
import { z } from 'zod';
import { type Compression, compressions } from '@millrace/kafka-protocol';

/** How to reach a cluster, and how to behave there. Times are in milliseconds. */
export interface KafkaLogOptions {
  /**
   * `host:port` of one broker or several, from which the others are learnt; or a function that is asked for
   * them each time that none of those known answers.
   */
  readonly brokers: readonly string[] | (() => Promise<readonly string[]>);
  /** How this client is called in the brokers' logs and quotas. Default `millrace`. */
  readonly clientId?: string;
  /** TLS: true, or the options of Node's `tls.connect`, e.g. `{ ca }`. */
  readonly ssl?: boolean | ConnectionOptions;
  readonly sasl?: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
    readonly username: string;
    readonly password: string;
  };
  /** How records are compressed when they are written; all of them can be read. Default `none`. */
  readonly compression?: Compression;
  /** Of topics that are created. Default: the cluster's own. */
  readonly replicationFactor?: number;
  /** Default 10 seconds. */
  readonly connectionTimeoutMs?: number;
  /** How long a request may take before its connection counts as broken. Default 30 seconds. */
  readonly requestTimeoutMs?: number;
  /**
   * How long to retry while brokers are unavailable or change leaders, before `LOG_TIMEOUT`. Default 2
   * minutes.
   */
  readonly retryTimeoutMs?: number;
  /** A member that sends no heartbeat for this long is removed from its group. Default 45 seconds. */
  readonly sessionTimeoutMs?: number;
  /** Default 3 seconds. */
  readonly heartbeatIntervalMs?: number;
  /**
   * Makes members static: one that comes back under this name within the session timeout gets its tasks back.
   */
  readonly groupInstanceId?: string;
  /**
   * How long a transaction may be open before the broker aborts it. One of an instance that died in the
   * middle of a commit holds its readers up for so long. Default 30 seconds.
   */
  readonly transactionTimeoutMs?: number;
  /** Records go to a partition in batches of about this many bytes at most. Default 900,000. */
  readonly maxBatchBytes?: number;
  /** How long a broker may hold back an answer while there is nothing to read. Default 100. */
  readonly fetchMaxWaitMs?: number;
  /**
   * Bytes fetched at once: from one partition (default 1 MiB) and in all (default 16 MiB). The next fetch
   * starts when half of the records are handed out.
   */
  readonly fetchPartitionBytes?: number;
  readonly fetchMaxBytes?: number;
  /** A batch that decompresses to more is refused. Default 64 MiB. */
  readonly maxDecompressedBytes?: number;
}

export type ResolvedKafkaOptions = ReturnType<typeof schema.parse>;

const ms = (fallback: number) => z.int().min(1).default(fallback);
const bytes = (fallback: number) => z.int().min(1024).default(fallback);

const schema = z.strictObject({
  brokers: z.union([
    z.array(z.string().regex(/^.+:\d+$/, 'expected host:port')).min(1),
    z.custom<() => Promise<readonly string[]>>((value) => typeof value === 'function'),
  ]),
  clientId: z
    .string()
    .refine((id) => isLegalName(id), `expected 1 to 249 ${legalNames}`)
    .default('millrace'),
  ssl: z.union([z.boolean(), z.custom<ConnectionOptions>((value) => typeof value === 'object')]).optional(),
  sasl: z
    .strictObject({
      mechanism: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']),
      username: z.string(),
      password: z.string(),
    })
    .optional(),
  compression: z.enum(compressions).default('none'),
  replicationFactor: z.int().min(1).optional(),
  connectionTimeoutMs: ms(10_000),
  requestTimeoutMs: ms(30_000),
  retryTimeoutMs: ms(120_000),
  sessionTimeoutMs: ms(45_000),
  heartbeatIntervalMs: ms(3000),
  groupInstanceId: z.string().min(1).optional(),
  transactionTimeoutMs: ms(30_000),
  maxBatchBytes: bytes(900_000),
  fetchMaxWaitMs: ms(100),
  fetchPartitionBytes: bytes(1 << 20),
  fetchMaxBytes: bytes(16 << 20),
  maxDecompressedBytes: bytes(64 << 20),
});

/** Fills in defaults. @throws LogError naming each wrong option, never its value */
export function resolveKafkaOptions(options: KafkaLogOptions): ResolvedKafkaOptions {
  const parsed = schema.safeParse(options);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(
    (issue) => `"${issue.path.join('.') || 'options'}": ${issue.message}`,
  );
  throw new LogError('LOG_CONFIG', `kafkaLog: ${issues.join('; ')}`);
}
