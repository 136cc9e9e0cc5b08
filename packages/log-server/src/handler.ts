import type { RawLog } from '@millrace/embedded-log/raw';
import type { Whole, WireApi } from '@millrace/kafka-protocol/messages';
import type { LogAdmin } from '@millrace/log-client';
import type { Groups } from './groups/groups.ts';
import type { ResolvedListenOptions } from './options.ts';

/** What handlers work on. */
export interface ServedLog {
  readonly raw: RawLog;
  readonly admin: LogAdmin;
  readonly groups: Groups;
  readonly options: ResolvedListenOptions;
}

/** Where a request comes from. */
export interface RequestContext {
  readonly log: ServedLog;
  readonly version: number;
  readonly clientId: string;
  readonly clientHost: string;
  /** Where the client reaches this server. */
  readonly host: string;
  readonly port: number;
  /** Aborted when the connection ends. */
  readonly signal: AbortSignal;
}

/** Answers the requests of one API; undefined where the client wants no answer. */
export interface Handler {
  readonly api: WireApi<never, never>;
  /** Whether the next request of the same kind is begun before this one is answered. */
  readonly overlaps: boolean;
  readonly answer: (request: never, context: RequestContext) => unknown;
}

type Answer<Request, Response> = (
  request: Whole<Request>,
  context: RequestContext,
) => Response | undefined | Promise<Response | undefined>;

export function handler<Request, Response>(
  api: WireApi<Request, Response>,
  answer: Answer<Request, Response>,
  { overlaps = false }: { readonly overlaps?: boolean } = {},
): Handler {
  return { api: api as unknown as Handler['api'], overlaps, answer: answer as Handler['answer'] };
}

/** The only broker that there is. */
export const nodeId = 0;
/** Kafka's way to say that a client has not been told. */
export const notAuthorized = -2147483648;
