import type { Observable } from 'rxjs';
import { observe } from '../operators/stateless/observe.ts';
import type { Named } from '../options/named.ts';
import type { StreamRecord } from '../record/record.ts';
import { rxjs } from '../record/rxjs.ts';
import type { LogicalGraph } from '../topology/graph/logical-graph.ts';

/** Adds a node that shows the records of another to all subscribers. */
export function toObservable<K, V>(
  graph: LogicalGraph,
  parent: string,
  { name }: Named,
): Observable<StreamRecord<K, V>> {
  const records = new (rxjs().Subject)<StreamRecord<K, V>>();
  const node = graph.names.node('KSTREAM-OBSERVE-', name);
  const operator = observe<K, V>((record) => records.next(record));
  graph.addProcessor({ name: node, parents: [parent], operator });
  return records.asObservable();
}
