import { showValue } from '@millrace/testing';
import type { Result } from './play.ts';

/** Records that came out, and of which step. */
export function Results({ results }: { readonly results: readonly Result[] }) {
  return (
    <>
      <h2>Results</h2>
      {results.length === 0 ? (
        <p class="soft">Nothing has come out in a topic that the program exports.</p>
      ) : (
        <table>
          <thead>
            <tr>
              <th>step</th>
              <th>topic</th>
              <th>key</th>
              <th>value</th>
              <th>time</th>
            </tr>
          </thead>
          <tbody>
            {results.map(({ step, topic, key, value, timestamp }, index) => (
              <tr key={index}>
                <td>{step}</td>
                <td>{topic}</td>
                <td>{showValue(key)}</td>
                <td>{showValue(value)}</td>
                <td>{new Date(timestamp).toISOString().replace('T', ' ').slice(0, 19)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}
