import { type Observable, Subject } from 'rxjs';
import { observe } from '../operators/stateless/observe.ts';
import type { StreamRecord } from '../record.ts';
import type { Named } from './options.ts';
import type { Views } from './views.ts';

/** Adds a node that shows the records of another to whoever subscribes. */
export function toObservable<K, V>(
  { graph }: Views,
  parent: string,
  { name }: Named,
): Observable<StreamRecord<K, V>> {
  const records = new Subject<StreamRecord<K, V>>();
  const node = graph.names.node('KSTREAM-OBSERVE-', name);
  const operator = observe<K, V>((record) => records.next(record));
  graph.addProcessor({ name: node, parents: [parent], operator });
  return records.asObservable();
}
