import type { ServerOptions } from 'node:http';
import type { Hono } from 'hono';
import { z } from 'zod';
import { ConfigError } from '@millrace/streams-core';

export interface ServeAppOptions {
  /** Default 0: a free one. */
  readonly port?: number;
  /** Default `127.0.0.1`: this machine only. */
  readonly host?: string;
  /**
   * What requests must carry as `Authorization: Bearer ...`; all but `/healthz` and `/readyz`. Default: none.
   */
  readonly token?: string;
  /**
   * Host names that requests may be for, beside loopback names, `host` and the app's `applicationServer`: a
   * page on another site must not reach the app by a name that it points here.
   */
  readonly allowedHosts?: readonly string[];
  /** Sites whose pages may read the answers, e.g. `https://shop.example`. Default: none. */
  readonly allowedOrigins?: readonly string[];
  /** Rows in one answer at most. Default 10,000. */
  readonly maxRows?: number;
  /** Streams of changes that may be open at once. Default 100. */
  readonly maxStreams?: number;
  /** How long another instance may take to answer a request that is forwarded to it. Default 5 seconds. */
  readonly forwardTimeoutMs?: number;
  /** Without progress for so long, while there is input, the app counts as stuck. Default a minute. */
  readonly stuckAfterMs?: number;
  /** Adds routes, behind the same checks. */
  readonly routes?: (server: Hono) => void;
  /** Paths, and what begins with them, that are answered without the token: of pages that ask for it. */
  readonly openPaths?: readonly string[];
}

export type ResolvedServeOptions = Required<Omit<ServeAppOptions, 'token' | 'routes'>> &
  Pick<ServeAppOptions, 'routes'> & {
    readonly token: string | undefined;
  };

const schema = z.strictObject({
  port: z.int().min(0).max(65_535).default(0),
  host: z.string().min(1).default('127.0.0.1'),
  token: z.string().min(16, 'expected 16 characters or more').optional(),
  allowedHosts: z.array(z.string()).readonly().default([]),
  allowedOrigins: z.array(z.string()).readonly().default([]),
  maxRows: z.int().min(1).default(10_000),
  maxStreams: z.int().min(0).default(100),
  forwardTimeoutMs: z.int().min(1).default(5000),
  stuckAfterMs: z.int().min(1).default(60_000),
  openPaths: z.array(z.string().startsWith('/')).readonly().default([]),
});

/** @throws ConfigError naming each wrong option */
export function resolveServeOptions(options: ServeAppOptions): ResolvedServeOptions {
  const { routes, ...rest } = options;
  const parsed = schema.safeParse(rest);
  if (!parsed.success) throw new ConfigError(`serveApp: ${z.prettifyError(parsed.error)}`);
  return { ...parsed.data, token: parsed.data.token, ...(routes === undefined ? {} : { routes }) };
}

/** Incomplete requests and idle connections are closed. */
export const httpLimits: ServerOptions = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 5000,
};
