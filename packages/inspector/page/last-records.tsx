import { useEffect, useState } from 'preact/hooks';
import { load, type NodeRecordView } from './data.ts';
import { line, time } from './format.ts';
import { Value } from './value.tsx';

const refreshMs = 1000;
const shown = 8;

/** What came to a node last. */
export function LastRecords({ node }: { readonly node: string }) {
  const [records, setRecords] = useState<readonly NodeRecordView[]>([]);
  useEffect(() => {
    const stop = new AbortController();
    const look = (): void => {
      load<NodeRecordView[]>(`/inspector/nodes/${encodeURIComponent(node)}/records`, stop.signal).then(
        (found) => setRecords(found.toSorted((a, b) => b.timestamp - a.timestamp).slice(0, shown)),
        // The header says that the app does not answer.
        () => {},
      );
    };
    look();
    const timer = setInterval(look, refreshMs);
    return () => {
      clearInterval(timer);
      stop.abort();
    };
  }, [node]);
  if (records.length === 0) return null;
  return (
    <div class="scroll">
      <table aria-label="Last records">
        <thead>
          <tr>
            <th>time</th>
            <th>key</th>
            <th>value</th>
          </tr>
        </thead>
        <tbody>
          {records.map(({ key, value, timestamp }, at) => (
            <tr key={at}>
              <td>{time(timestamp)}</td>
              <td>{key === null ? <Value value={null} /> : line(key)}</td>
              <td>
                <Value value={value} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
