import { isStoreUnavailable, isStreamsError } from '@millrace/streams-core';
import type { Context } from 'hono';
import { z } from 'zod';

/** What an answer says that is not the one asked for. */
export const ErrorAnswer = z.object({
  code: z.string(),
  message: z.string(),
  /** Whether the same request may work later, or elsewhere. */
  retriable: z.boolean().optional(),
  /** The instance that has the rows. */
  host: z.string().optional(),
});

export type ErrorAnswer = z.infer<typeof ErrorAnswer>;

export type ErrorStatus = 400 | 401 | 403 | 404 | 429 | 500 | 502 | 503;

export function errorAnswer(context: Context, status: ErrorStatus, what: ErrorAnswer): Response {
  // In one second a rebalance is over, as a rule.
  if (status === 503 || status === 429) context.header('Retry-After', '1');
  return context.json(what, status);
}

/** What an error of a query means to who asked over HTTP. */
export function errorAnswerOf(error: unknown): { readonly status: ErrorStatus; readonly what: ErrorAnswer } {
  if (isStoreUnavailable(error)) {
    const { code, message, host } = error;
    return { status: 503, what: { code, message, retriable: true, ...(host === undefined ? {} : { host }) } };
  }
  const message = error instanceof Error ? error.message : String(error);
  if (isStreamsError(error, 'TOPOLOGY_STORE_MISSING'))
    return { status: 404, what: { code: error.code, message } };
  if (isStreamsError(error, 'APP_STATE'))
    return { status: 503, what: { code: error.code, message, retriable: false } };
  if (isStreamsError(error)) return { status: 400, what: { code: error.code, message } };
  return { status: 500, what: { code: 'INTERNAL', message } };
}
