import type { Headers } from '@millrace/log-client';
import type { OperatorContext } from '../../topology/operator.ts';

/** A row that a record is joined with: it has headers where its store keeps them. */
interface JoinedRow {
  readonly headers?: Headers;
}

/**
 * The headers of a join's results: those of the record that causes it. Where records are traced and the row
 * has headers, its trace becomes part of the result's.
 */
export function resultHeaders({
  traceJoin,
}: Pick<OperatorContext, 'traceJoin'>): (headers: Headers, row: JoinedRow | undefined) => Headers {
  if (traceJoin === undefined) return (headers) => headers;
  return (headers, row) =>
    row?.headers === undefined || row.headers.length === 0 ? headers : traceJoin(headers, row.headers);
}
