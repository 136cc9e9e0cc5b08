import type { Headers } from '@millrace/log-client';
import type { TraceSpan, Tracing } from '@millrace/streams-core';
import {
  type Attributes,
  type Context,
  context,
  type Link,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TextMapGetter,
  type TextMapSetter,
  TraceFlags,
  trace,
  type Tracer,
} from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';

export interface TracingOptions {
  /** Default: that of the global provider, named `millrace`. */
  readonly tracer?: Tracer;
  /**
   * Of records that carry no context, the share that starts a trace, 0 to 1; those that carry one are
   * followed where it was sampled. Default 0.01.
   */
  readonly ratio?: number;
}

/** W3C Trace Context, in the headers `traceparent` and `tracestate`. */
const propagator = new W3CTraceContextPropagator();
const fields = new Set(propagator.fields());
/** More links than this make a span that nobody reads. */
const maxLinks = 128;

const getter: TextMapGetter<Headers> = {
  keys: (headers) => headers.map(({ key }) => key),
  get: (headers, wanted) => {
    // Of several the last one counts, as for Kafka's lastHeader.
    const value = headers.findLast(({ key }) => key === wanted)?.value;
    return value === undefined || value === null ? undefined : Buffer.from(value).toString('utf8');
  },
};

const setter: TextMapSetter<{ key: string; value: Uint8Array }[]> = {
  set: (headers, key, value) => {
    headers.push({ key, value: Buffer.from(value, 'utf8') });
  },
};

/** The context that headers carry; undefined where there is none. */
function contextIn(headers: Headers): Context | undefined {
  if (headers.length === 0) return undefined;
  const found = propagator.extract(ROOT_CONTEXT, headers, getter);
  return trace.getSpanContext(found) === undefined ? undefined : found;
}

function isSampled(carried: Context): boolean {
  return (trace.getSpanContext(carried)!.traceFlags & TraceFlags.SAMPLED) !== 0;
}

/** The headers, with the context of a span in place of the one they carried. */
function carrying(headers: Headers, within: Context): Headers {
  const own = headers.filter(({ key }) => !fields.has(key));
  const added: { key: string; value: Uint8Array }[] = [];
  propagator.inject(within, added, setter);
  return [...own, ...added];
}

function traceSpan(span: Span, parent: Context, headers: Headers): TraceSpan {
  const within = trace.setSpan(parent, span);
  return {
    headers: carrying(headers, within),
    run: (action) => context.with(within, action),
    end: (error) => {
      if (error !== undefined) {
        const thrown = error instanceof Error ? error : new Error('Something was thrown that is no Error');
        span.recordException(thrown);
        span.setStatus({ code: SpanStatusCode.ERROR, message: thrown.message });
      }
      span.end();
    },
  };
}

interface Named {
  readonly applicationId: string;
  readonly taskId: string;
}

function attributesOf(operation: string, { applicationId, taskId }: Named, own: Attributes): Attributes {
  return {
    'messaging.system': 'kafka',
    'messaging.operation.name': operation,
    'messaging.consumer.group.name': applicationId,
    'millrace.task.id': taskId,
    ...own,
  };
}

/**
 * Tells OpenTelemetry of records as they go through an app: spans `receive`, `process`, `send` and `commit`,
 * with the attributes of its messaging conventions; and `join`, which links to the record that set the row,
 * where the table keeps headers.
 */
export function openTelemetryTracing({
  tracer = trace.getTracer('millrace'),
  ratio = 0.01,
}: TracingOptions = {}): Tracing {
  if (!(ratio >= 0 && ratio <= 1)) throw new RangeError(`"ratio" is ${ratio}: a number from 0 to 1 expected`);
  return {
    received({ records, topic, partition, ...names }) {
      const links = linksOf(records);
      if (links.length === 0) return;
      const attributes = attributesOf('receive', names, {
        'messaging.operation.type': 'receive',
        'messaging.destination.name': topic,
        'messaging.destination.partition.id': String(partition),
        'messaging.batch.message_count': records.length,
      });
      const options = { kind: SpanKind.CLIENT, attributes, links, root: true };
      tracer.startSpan(`receive ${topic}`, options, ROOT_CONTEXT).end();
    },
    process({ topic, partition, offset, headers, timestamp, ...names }) {
      const carried = contextIn(headers);
      if (carried === undefined ? Math.random() >= ratio : !isSampled(carried)) return undefined;
      const attributes = attributesOf('process', names, {
        'messaging.operation.type': 'process',
        'messaging.destination.name': topic,
        'messaging.destination.partition.id': String(partition),
        'messaging.kafka.offset': offset,
        'millrace.record.timestamp': timestamp,
      });
      const parent = carried ?? ROOT_CONTEXT;
      const span = tracer.startSpan(`process ${topic}`, { kind: SpanKind.CONSUMER, attributes }, parent);
      return traceSpan(span, parent, headers);
    },
    produce({ topic, headers, ...names }) {
      const carried = contextIn(headers);
      if (carried === undefined || !isSampled(carried)) return undefined;
      const attributes = attributesOf('send', names, {
        'messaging.operation.type': 'send',
        'messaging.destination.name': topic,
      });
      const span = tracer.startSpan(`send ${topic}`, { kind: SpanKind.PRODUCER, attributes }, carried);
      return traceSpan(span, carried, headers);
    },
    join({ node, headers, row, ...names }) {
      const carried = contextIn(headers);
      if (carried === undefined || !isSampled(carried)) return headers;
      const links = linksOf([{ headers: row }]);
      if (links.length === 0) return headers;
      const attributes = attributesOf('process', names, { 'millrace.node': node });
      const span = tracer.startSpan(`join ${node}`, { kind: SpanKind.INTERNAL, attributes, links }, carried);
      span.end();
      return carrying(headers, trace.setSpan(carried, span));
    },
    commit({ results, ...names }) {
      const attributes = attributesOf('commit', names, {
        'messaging.operation.type': 'settle',
        'messaging.batch.message_count': results,
      });
      const options = { kind: SpanKind.CLIENT, attributes, root: true };
      return traceSpan(tracer.startSpan('commit', options, ROOT_CONTEXT), ROOT_CONTEXT, []);
    },
  };
}

/** To the contexts that records carry, of those that are sampled. */
function linksOf(records: readonly { readonly headers: Headers }[]): Link[] {
  const links: Link[] = [];
  for (const { headers } of records) {
    const carried = contextIn(headers);
    if (carried === undefined || !isSampled(carried)) continue;
    links.push({ context: trace.getSpanContext(carried)! });
    if (links.length === maxLinks) break;
  }
  return links;
}
