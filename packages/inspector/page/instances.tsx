import { Chart } from './chart.tsx';
import type { Snapshot } from './data.ts';
import { bytes, count, time } from './format.ts';
import { ratesOf } from './history.ts';

/** Who runs what, what is restored, and how the app has come to where it is. */
export function InstancesPanel({ history }: { readonly history: readonly Snapshot[] }) {
  const now = history.at(-1);
  if (now === undefined) return <p class="empty">Waiting for figures …</p>;
  const restoring = Object.entries(now.stores).filter(([, { restoreRemaining }]) => restoreRemaining > 0);
  return (
    <div class="instances">
      <h2>Instances</h2>
      <table>
        <thead>
          <tr>
            <th>instance</th>
            <th>tasks</th>
            <th>copies</th>
          </tr>
        </thead>
        <tbody>
          {now.instances.map(({ host, tasks, standbyTasks }, at) => (
            <tr key={at}>
              <td>{host ?? `without applicationServer (${at + 1})`}</td>
              <td>{tasks.join(', ') || 'none'}</td>
              <td>{standbyTasks.join(', ') || 'none'}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {now.instances.length === 0 && <p class="empty">The group has not agreed yet.</p>}
      {now.isOutside === true ? (
        <p>Seen from outside: figures of nodes and stores are with the instances.</p>
      ) : (
        <p>
          This one works on {now.tasks.join(', ') || 'no tasks'}; {bytes(now.residentBytes)} of memory.
        </p>
      )}
      {restoring.length > 0 && (
        <>
          <h2>Restoring</h2>
          <ul>
            {restoring.map(([name, { restoreRemaining }]) => (
              <li key={name}>
                {name}: {count(restoreRemaining)} changelog records are left
              </li>
            ))}
          </ul>
        </>
      )}
      <Chart
        history={history}
        label="records a second"
        values={(all) => ratesOf(all, ({ processed }) => processed)}
      />
      <h2>What happened</h2>
      <ol class="events">
        {changesOf(history)
          .toReversed()
          .map(({ at, what }, index) => (
            <li key={index}>
              <time>{time(at)}</time> {what}
            </li>
          ))}
      </ol>
    </div>
  );
}

/** Changes of state, tasks and instances since the page was opened. */
function changesOf(history: readonly Snapshot[]): { readonly at: number; readonly what: string }[] {
  const changes: { at: number; what: string }[] = [];
  let before: Snapshot | undefined;
  for (const snapshot of history) {
    const { at, health, tasks, instances, rebalances } = snapshot;
    const add = (what: string): void => void changes.push({ at, what });
    if (before?.health.status !== health.status) add(`${health.status} ${health.reasons.join(' ')}`);
    if (before !== undefined && before.rebalances !== rebalances) add(`rebalance ${rebalances}`);
    if (before !== undefined && before.tasks.join() !== tasks.join())
      add(`tasks: ${tasks.join(', ') || 'none'}`);
    if (before !== undefined && before.instances.length !== instances.length)
      add(`${instances.length} instance${instances.length === 1 ? '' : 's'}`);
    before = snapshot;
  }
  return changes;
}
