import { isStoreUnavailable } from '@millrace/streams-core';
import type { Context } from 'hono';
import { errorAnswer, errorAnswerOf } from './error-answer.ts';

/** Marks a request that has been forwarded once: the next instance answers it itself, whatever it has. */
export const forwardedHeader = 'x-millrace-forwarded';

export interface ForwardOptions {
  readonly token: string | undefined;
  readonly forwardTimeoutMs: number;
}

/**
 * Answers a request here or, where the rows are on another instance, with what that one answers: one hop, so
 * that instances that disagree do not send a request round and round.
 */
export async function answerOrForward(
  context: Context,
  options: ForwardOptions,
  answer: () => Promise<Response>,
): Promise<Response> {
  try {
    return await answer();
  } catch (error) {
    const hasHopped = context.req.header(forwardedHeader) !== undefined;
    if (isStoreUnavailable(error) && error.code === 'STORE_MOVED' && error.host !== undefined && !hasHopped)
      return forward(context, error.host, options);
    const { status, what } = errorAnswerOf(error);
    return errorAnswer(context, status, what);
  }
}

/** The same stream: that either side leaves it is its end, and no error. */
function endingQuietly(stream: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const reader = stream.getReader();
  return new ReadableStream({
    pull: async (controller) => {
      const next = await reader.read().catch(() => undefined);
      if (next?.value === undefined) controller.close();
      else controller.enqueue(next.value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

async function forward(
  context: Context,
  host: string,
  { token, forwardTimeoutMs }: ForwardOptions,
): Promise<Response> {
  const { pathname, search } = new URL(context.req.url);
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), forwardTimeoutMs);
  try {
    const answer = await fetch(`http://${host}${pathname}${search}`, {
      headers: {
        [forwardedHeader]: '1',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      // A stream goes on for as long as who asked for it listens.
      signal: AbortSignal.any([late.signal, context.req.raw.signal]),
      redirect: 'error',
    });
    const type = answer.headers.get('content-type') ?? 'application/json';
    // A stream has no end to wait for.
    const isStream = type.startsWith('text/event-stream') && answer.body !== null;
    const body = isStream ? endingQuietly(answer.body) : await answer.arrayBuffer();
    return new Response(body, { status: answer.status, headers: { 'content-type': type } });
  } catch (error) {
    const message = `${host}, which has the rows, did not answer: ${(error as Error).message}`;
    return errorAnswer(context, 502, { code: 'FORWARD_FAILED', message, retriable: true, host });
  } finally {
    clearTimeout(timer);
  }
}
