import { line } from './format.ts';

/** A value as a tree: what it holds is shown on demand. Texts are never markup. */
export function Value({ value }: { readonly value: unknown }) {
  if (value === undefined) return <span class="null">none</span>;
  if (value === null) return <span class="null">null</span>;
  if (typeof value !== 'object') return <span>{line(value)}</span>;
  const entries = Object.entries(value);
  return (
    <details>
      <summary>{line(value).slice(0, 120)}</summary>
      <ul>
        {entries.map(([name, one]) => (
          <li key={name}>
            <b>{name}</b>: <Value value={one} />
          </li>
        ))}
      </ul>
    </details>
  );
}
