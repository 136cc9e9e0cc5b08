import type { OpenAPIHono } from '@hono/zod-openapi';
import type { StoreSpec } from '@millrace/state-stores';
import type { Row, StreamsApp, TableUpdate } from '@millrace/streams-core';
import type { Context } from 'hono';
import { type SSEStreamingApi, streamSSE } from 'hono/streaming';
import { map, type Observable } from 'rxjs';
import { errorAnswer, errorAnswerOf } from '../error-answer.ts';
import { answerOrForward, type ForwardOptions } from '../forward.ts';
import { toJson, type WireRow } from '../json.ts';
import { hasWindows, wireRow } from '../queries.ts';
import { keyOf, specOf } from './parameters.ts';

/** Rows in one event at most. */
const batchRows = 1000;
/**
 * How long to wait for the first event, or for why there is none, before an answer begins, in milliseconds.
 */
const patienceMs = 1000;
/** How often an idle stream says that it is there, in milliseconds. */
const heartbeatMs = 15_000;

export interface ChangeRouteOptions extends ForwardOptions {
  readonly maxStreams: number;
}

interface Event {
  readonly event: string;
  readonly data: unknown;
}

/**
 * Server-sent events: of a table its rows (`snapshot`, in parts, the last with `last: true`) and then what
 * each commit changes (`changes`); of a key its row (`row`), again with each change.
 */
export function changeRoutes(server: OpenAPIHono, app: StreamsApp, options: ChangeRouteOptions): () => void {
  const streams = new Set<() => void>();
  const serve = (context: Context, open: () => Source): Promise<Response> =>
    answerOrForward(context, options, async () => {
      if (streams.size >= options.maxStreams) {
        const message = `${streams.size} streams are open, and more may not be: raise maxStreams`;
        return errorAnswer(context, 429, { code: 'TOO_MANY_STREAMS', message, retriable: true });
      }
      const source = open();
      await source.begin;
      return streamSSE(context, (stream) => pipe(stream, source, streams));
    });

  server.get('/stores/:store/changes', (context) =>
    serve(context, () => {
      const spec = specOf(app, context.req.param('store'));
      return tableSource(app.table$<unknown, unknown>(spec.name), spec);
    }),
  );
  server.get('/stores/:store/changes/:key', (context) =>
    serve(context, () => {
      const spec = specOf(app, context.req.param('store'));
      return rowSource(
        app.row$<unknown, unknown>(spec.name, keyOf(spec, context.req.param('key'), 'json')),
        spec,
      );
    }),
  );
  return () => {
    for (const stop of streams) stop();
  };
}

/**
 * Events that wait to be written. Of each row only the last change waits, so that a client that reads slowly
 * costs no more than the rows that there are.
 */
class Source {
  /** Settles when the first event is there, or with why there is none. */
  readonly begin: Promise<void>;
  readonly #events: Event[] = [];
  #changed = new Map<string, WireRow>();
  #wake = (): void => {};
  #isOver = false;
  readonly stop: () => void;

  constructor(observable: Observable<readonly (Event | { readonly changed: readonly WireRow[] })[]>) {
    let begun = (): void => {};
    let failed: (error: unknown) => void = () => {};
    this.begin = new Promise((resolve, reject) => {
      begun = resolve;
      failed = reject;
    });
    const end = (): void => {
      this.#isOver = true;
      begun();
      this.#wake();
    };
    // Nothing may be here yet: who listens need not wait for that to know that it is served.
    setTimeout(begun, patienceMs).unref();
    const subscription = observable.subscribe({
      next: (items) => {
        for (const item of items) {
          if ('event' in item) this.#push(item);
          else for (const row of item.changed) this.#changed.set(toJson([row.key, row.window]), row);
        }
        begun();
        this.#wake();
      },
      error: (error: unknown) => {
        failed(error);
        this.#push({ event: 'failure', data: errorAnswerOf(error).what });
        end();
      },
      complete: end,
    });
    this.stop = () => {
      subscription.unsubscribe();
      end();
    };
  }

  /** The next event; a heartbeat where there is none for a while; undefined at the end. */
  async next(): Promise<Event | undefined> {
    for (;;) {
      const event = this.#events.shift();
      if (event !== undefined) return event;
      if (this.#changed.size > 0) return this.#takeChanged();
      if (this.#isOver) return undefined;
      if (!(await this.#somethingComes())) return { event: 'heartbeat', data: {} };
    }
  }

  /** What has changed before an event goes before it. */
  #push(event: Event): void {
    if (this.#changed.size > 0) this.#events.push(this.#takeChanged());
    // Of one row only the last state is worth to be told.
    if (event.event === 'row' && this.#events.at(-1)?.event === 'row') this.#events.pop();
    this.#events.push(event);
  }

  #takeChanged(): Event {
    const rows = [...this.#changed.values()];
    this.#changed = new Map();
    return { event: 'changes', data: { rows } };
  }

  #somethingComes(): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), heartbeatMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }
}

async function pipe(stream: SSEStreamingApi, source: Source, streams: Set<() => void>): Promise<void> {
  streams.add(source.stop);
  stream.onAbort(source.stop);
  try {
    for (let event = await source.next(); event !== undefined && !stream.aborted; event = await source.next())
      await stream.writeSSE({ event: event.event, data: toJson(event.data) });
  } finally {
    source.stop();
    streams.delete(source.stop);
  }
}

function tableSource(updates: Observable<TableUpdate<unknown, unknown>>, spec: StoreSpec): Source {
  return new Source(
    updates.pipe(
      map((update) => {
        if (update.type === 'gone') return [{ event: 'gone', data: { partition: update.partition } }];
        const rows = update.rows.map((row) => wireRow(row, spec, 'json'));
        return update.type === 'changes' ? [{ changed: rows }] : snapshot(update.partition, rows);
      }),
    ),
  );
}

function snapshot(partition: number, rows: readonly WireRow[]): Event[] {
  const events: Event[] = [];
  for (let at = 0; at < Math.max(1, rows.length); at += batchRows) {
    const last = at + batchRows >= rows.length;
    events.push({ event: 'snapshot', data: { partition, rows: rows.slice(at, at + batchRows), last } });
  }
  return events;
}

function rowSource(updates: Observable<Row<unknown, unknown> | undefined>, spec: StoreSpec): Source {
  if (hasWindows(spec)) throw new TypeError('rows of windows are followed by table');
  return new Source(
    updates.pipe(
      map((row) => [{ event: 'row', data: row === undefined ? null : wireRow(row, spec, 'json') }]),
    ),
  );
}
