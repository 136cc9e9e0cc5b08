import { useEffect, useState } from 'preact/hooks';
import { follow, load, type Snapshot, type StoreInfo, type StorePage, type StoreRow } from './data.ts';
import { bytes, count, line, time } from './format.ts';
import { Value } from './value.tsx';

const pageRows = 50;

/** Rows of the app's stores, over all instances. */
export function StoresPanel({ now }: { readonly now: Snapshot | undefined }) {
  const [stores, setStores] = useState<readonly StoreInfo[]>();
  const [chosen, setChosen] = useState<StoreInfo>();
  const [problem, setProblem] = useState('');
  useEffect(() => {
    load<StoreInfo[]>('/stores').then(setStores, (error: Error) => setProblem(error.message));
  }, []);
  if (problem !== '') return <p role="alert">{problem}</p>;
  if (stores === undefined) return <p class="empty">Loading …</p>;
  if (stores.length === 0) return <p class="empty">This topology keeps no tables.</p>;
  return (
    <div class="split">
      <ul class="list">
        {stores.map((store) => {
          const figures = now?.stores[store.name];
          return (
            <li key={store.name}>
              <button
                type="button"
                aria-pressed={store.name === chosen?.name}
                onClick={() => setChosen(store)}
              >
                <b>{store.name}</b>
                <small>
                  {store.global ? 'global, ' : ''}
                  {store.kind}
                  {figures === undefined
                    ? ''
                    : `, ${count(figures.memoryRows)} rows here, ${bytes(figures.diskBytes)}`}
                </small>
              </button>
            </li>
          );
        })}
      </ul>
      {chosen === undefined ? (
        <p class="hint">Choose a store.</p>
      ) : (
        <Store key={chosen.name} store={chosen} />
      )}
    </div>
  );
}

function Store({ store: { name, kind, global } }: { readonly store: StoreInfo }) {
  const [asked, setAsked] = useState({ key: '', from: '', to: '', asOf: '', reverse: false });
  const [page, setPage] = useState<StorePage>();
  const [problem, setProblem] = useState('');
  const [watched, setWatched] = useState<string>();
  const hasWindows = kind === 'window' || kind === 'session';
  const ask = (after?: string): void => {
    rowsOf(name, asked, global, after).then(
      (found) => {
        setPage(after === undefined ? found : { ...found, rows: [...(page?.rows ?? []), ...found.rows] });
        setProblem('');
      },
      (error: Error) => setProblem(error.message),
    );
  };
  useEffect(() => ask(), []);
  const set = (part: Partial<typeof asked>): void => setAsked({ ...asked, ...part });
  return (
    <section aria-label={`Store ${name}`}>
      <h2>{name}</h2>
      <form
        class="query"
        onSubmit={(event) => {
          event.preventDefault();
          ask();
        }}
      >
        <Field label="key" value={asked.key} onInput={(key) => set({ key })} />
        <Field
          label={hasWindows ? 'from (ms)' : 'from key'}
          value={asked.from}
          onInput={(from) => set({ from })}
        />
        <Field label={hasWindows ? 'to (ms)' : 'to key'} value={asked.to} onInput={(to) => set({ to })} />
        {kind === 'versioned' && (
          <Field label="of a key, as of (ms)" value={asked.asOf} onInput={(asOf) => set({ asOf })} />
        )}
        <label>
          <input
            type="checkbox"
            checked={asked.reverse}
            onChange={({ currentTarget }) => set({ reverse: currentTarget.checked })}
          />{' '}
          last first
        </label>
        <button type="submit">Ask</button>
      </form>
      {problem !== '' && <p role="alert">{problem}</p>}
      {page !== undefined && (
        <Rows rows={page.rows} hasWindows={hasWindows} onWatch={hasWindows ? undefined : setWatched} />
      )}
      {page?.next !== undefined && (
        <button type="button" onClick={() => ask(page.next)}>
          More
        </button>
      )}
      {watched !== undefined && (
        <Watch key={watched} store={name} rowKey={watched} onEnd={() => setWatched(undefined)} />
      )}
    </section>
  );
}

interface Asked {
  readonly key: string;
  readonly from: string;
  readonly to: string;
  readonly asOf: string;
  readonly reverse: boolean;
}

async function rowsOf(
  store: string,
  { key, from, to, asOf, reverse }: Asked,
  isGlobal: boolean,
  after: string | undefined,
): Promise<StorePage> {
  const path = `/stores/${encodeURIComponent(store)}/rows`;
  const query = new URLSearchParams();
  if (from !== '') query.set('from', from);
  if (to !== '') query.set('to', to);
  if (key !== '') {
    if (asOf !== '') query.set('asOf', asOf);
    const found = await load<StorePage | StoreRow>(`${path}/${encodeURIComponent(key)}?${query.toString()}`);
    return 'rows' in found ? found : { rows: [found], more: false };
  }
  query.set('limit', String(pageRows));
  if (!isGlobal) query.set('scope', 'application');
  if (reverse) query.set('reverse', 'true');
  if (after !== undefined) query.set('after', after);
  return load<StorePage>(`${path}?${query.toString()}`);
}

interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly onInput: (value: string) => void;
}

export function Field({ label, value, onInput }: FieldProps) {
  return (
    <label>
      {label} <input value={value} onInput={({ currentTarget }) => onInput(currentTarget.value)} />
    </label>
  );
}

interface RowsProps {
  readonly rows: readonly StoreRow[];
  readonly hasWindows: boolean;
  readonly onWatch: ((key: string) => void) | undefined;
}

function Rows({ rows, hasWindows, onWatch }: RowsProps) {
  if (rows.length === 0) return <p class="empty">No rows.</p>;
  return (
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th>key</th>
            {hasWindows && <th>window</th>}
            <th>value</th>
            <th>time</th>
            {onWatch !== undefined && <th />}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, value, timestamp, window }, at) => (
            <tr key={at}>
              <td>{line(key)}</td>
              {hasWindows && (
                <td>
                  {window === undefined
                    ? ''
                    : `${time(window.start)} to ${time(window.end ?? Number.POSITIVE_INFINITY)}`}
                </td>
              )}
              <td>
                <Value value={value} />
              </td>
              <td>{time(timestamp)}</td>
              {onWatch !== undefined && (
                <td>
                  <button type="button" onClick={() => onWatch(line(key))}>
                    Watch
                  </button>
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A key's row, again with each change. */
function Watch({
  store,
  rowKey,
  onEnd,
}: {
  readonly store: string;
  readonly rowKey: string;
  readonly onEnd: () => void;
}) {
  const [rows, setRows] = useState<readonly (StoreRow | null)[]>([]);
  const [problem, setProblem] = useState('');
  useEffect(() => {
    const stop = new AbortController();
    const path = `/stores/${encodeURIComponent(store)}/changes/${encodeURIComponent(rowKey)}`;
    follow(path, stop.signal, (event, data) => {
      if (event === 'row') setRows((before) => [data as StoreRow | null, ...before].slice(0, 20));
    }).catch((error: Error) => {
      if (!stop.signal.aborted) setProblem(error.message);
    });
    return () => stop.abort();
  }, []);
  return (
    <section class="watch" aria-label={`Changes of ${rowKey}`}>
      <h3>
        {rowKey}, as it changes{' '}
        <button type="button" onClick={onEnd}>
          Stop
        </button>
      </h3>
      {problem !== '' && <p role="alert">{problem}</p>}
      <ol>
        {rows.map((row, at) => (
          <li key={at}>{row === null ? <Value value={null} /> : <Value value={row.value} />}</li>
        ))}
      </ol>
    </section>
  );
}
