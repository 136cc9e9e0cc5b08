import type { SourceRecord, TopicProducer } from '@millrace/streams-core';
import { isLogError } from '@millrace/log-client';

export interface WebhookOptions<K, V> {
  /** What a request is as a record. What it throws is answered with 400, and its message. */
  readonly record: (body: string, request: Request) => SourceRecord<K, V> | Promise<SourceRecord<K, V>>;
  /** Whether a request is let in: by a token or a signature. Default: every one is. */
  readonly allows?: (body: string, request: Request) => boolean | Promise<boolean>;
  /** A larger body is refused. In bytes; default 1 MiB. */
  readonly maxBytes?: number;
}

const mebibyte = 1 << 20;

/**
 * Answers requests by writing them to a topic, for any server that speaks the Fetch API (Hono, Next, a
 * worker): 202 with the record's place once the log has it, so that who gets another answer may ask again. A
 * request that is sent again is written again: give records a key that tells, and `deduplicate` the stream.
 */
export function webhook<K, V>(
  producer: TopicProducer<K, V>,
  { record, allows, maxBytes = mebibyte }: WebhookOptions<K, V>,
): (request: Request) => Promise<Response> {
  return async (request) => {
    if (request.method !== 'POST') return answer(405, 'POST is expected', { allow: 'POST' });
    const body = await bodyOf(request, maxBytes);
    if (body === undefined) return answer(413, `A body of ${maxBytes} bytes at most is expected`);
    if (allows !== undefined && !(await allows(body, request)))
      return answer(401, 'This request is not let in');
    let made: SourceRecord<K, V>;
    try {
      made = await record(body, request);
    } catch (error) {
      return answer(400, error instanceof Error ? error.message : String(error));
    }
    try {
      const { key, value, ...options } = made;
      return Response.json(await producer.send(key, value, options), { status: 202 });
    } catch (error) {
      const { code, message } = error as Error & { readonly code?: string };
      // What the topic's serde refuses is the sender's to mend.
      if (code === 'RECORD_PRODUCTION') return answer(400, message);
      if (code === 'SOURCE_OVERFLOW' || (isLogError(error) && error.retriable))
        return answer(503, message, { 'retry-after': '1' });
      throw error;
    }
  };
}

function answer(status: number, message: string, headers: Record<string, string> = {}): Response {
  return Response.json({ message }, { status, headers });
}

/** Undefined where it is too large, whatever its headers say. */
async function bodyOf(request: Request, maxBytes: number): Promise<string | undefined> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  if (request.body !== null) {
    for await (const part of request.body as unknown as AsyncIterable<Uint8Array>) {
      bytes += part.length;
      if (bytes > maxBytes) return undefined;
      parts.push(part);
    }
  }
  return Buffer.concat(parts).toString('utf8');
}
