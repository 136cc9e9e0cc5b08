import type { LogSnapshot } from './data.ts';
import { count } from './format.ts';

/** Consumer groups of a log: who is in them, and how far they have read. */
export function GroupsPanel({ now }: { readonly now: LogSnapshot | undefined }) {
  if (now === undefined) return <p class="empty">Waiting for figures …</p>;
  if (now.groups.length === 0) return <p class="empty">No group has members or offsets.</p>;
  return (
    <div class="groups">
      {now.groups.map(({ group, state, members, partitions }) => (
        <section key={group} aria-label={`Group ${group}`}>
          <h2>{group}</h2>
          <p>
            {state}, {members.length === 1 ? 'one member' : `${members.length} members`}
          </p>
          <div class="scroll">
            <table>
              <thead>
                <tr>
                  <th>topic</th>
                  <th>partition</th>
                  <th>committed</th>
                  <th>end</th>
                  <th>lag</th>
                  <th>member</th>
                </tr>
              </thead>
              <tbody>
                {partitions.map(({ topic, partition, committed, end, lag, memberId }) => (
                  <tr key={`${topic}-${partition}`}>
                    <td>{topic}</td>
                    <td>{partition}</td>
                    <td>{committed === undefined ? 'nothing' : count(committed)}</td>
                    <td>{count(end)}</td>
                    <td>{lag === undefined ? '' : count(lag)}</td>
                    <td>{memberId ?? 'nobody'}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </section>
      ))}
    </div>
  );
}
