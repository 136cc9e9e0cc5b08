import type { Headers } from '@millrace/log-client';
import type { OperatorContext } from '../../topology/operator.ts';

/**
 * The headers of a join's results: those of the record that causes it. Where records are traced and the row
 * that it is joined with has headers, because its store keeps them, its trace becomes part of the result's.
 */
export function resultHeaders({
  traceJoin,
}: Pick<OperatorContext, 'traceJoin'>): (headers: Headers, ofRow: Headers | undefined) => Headers {
  if (traceJoin === undefined) return (headers) => headers;
  return (headers, ofRow) =>
    ofRow === undefined || ofRow.length === 0 ? headers : traceJoin(headers, ofRow);
}
