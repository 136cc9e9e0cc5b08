import type { StoreSpec } from '@millrace/state-stores';
import { type QueryOptions, StoreUnavailableError, type TimeQuery } from '@millrace/streams-core';
import { ErrorAnswer } from './error-answer.ts';
import { forwardedHeader } from './forward.ts';
import { toWire } from './json.ts';

/** Another instance does not answer a query: it asks for another token, or has another topology. */
export class QueryRefusedError extends Error {
  override readonly name = 'QueryRefusedError';
  readonly code = 'QUERY_REFUSED';
}

/** How another instance is asked. */
export interface AskOptions {
  readonly store: string;
  /** The token that its server asks for. */
  readonly token: string | undefined;
  readonly timeoutMs: number;
}

/** What another instance answers; undefined where there is no such row. */
export async function askHost(
  host: string,
  path: string,
  { store, token, timeoutMs }: AskOptions,
): Promise<unknown> {
  const unavailable = (message: string): StoreUnavailableError =>
    new StoreUnavailableError('STORE_MOVED', message, { store, partition: undefined, host });
  let answer: Response;
  try {
    answer = await fetch(`http://${host}${path}`, {
      headers: {
        [forwardedHeader]: '1',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      signal: AbortSignal.timeout(timeoutMs),
      redirect: 'error',
    });
  } catch (error) {
    throw unavailable(
      `${host}, which has the rows of store "${store}", did not answer: ${(error as Error).message}`,
    );
  }
  const body: unknown = await answer.json();
  if (answer.ok) return body;
  const { code, message } = ErrorAnswer.parse(body);
  if (code === 'ROW_MISSING') return undefined;
  if (answer.status === 503) throw unavailable(`${host} says: ${message}`);
  throw new QueryRefusedError(`${host} refused a query of store "${store}" (${code}): ${message}`);
}

/** The options of a query as parameters of a request. */
export function parametersOf({ isolation, stale, atLeast = [], timeoutMs }: QueryOptions): URLSearchParams {
  const query = new URLSearchParams({ format: 'bytes' });
  if (isolation !== undefined) query.set('isolation', isolation);
  if (stale !== undefined) query.set('maxLag', String(stale.maxLag));
  if (timeoutMs !== undefined) query.set('timeoutMs', String(timeoutMs));
  for (const { topic, partition, offset } of atLeast)
    query.append('atLeast', `${topic}:${partition}:${offset}`);
  return query;
}

/** Where a key's row, or its windows, are asked for. */
export function rowPath(
  spec: StoreSpec<unknown, never>,
  key: unknown,
  options: QueryOptions,
  { from, to }: Omit<TimeQuery, 'reverse'>,
): string {
  const query = parametersOf(options);
  if (from !== undefined) query.set('from', String(from));
  if (to !== undefined) query.set('to', String(to));
  const coded = encodeURIComponent(toWire(key, spec.key, 'bytes') as string);
  return `/stores/${encodeURIComponent(spec.name)}/rows/${coded}?${query.toString()}`;
}
