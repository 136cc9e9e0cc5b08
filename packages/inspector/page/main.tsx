import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import 'uplot/dist/uPlot.min.css';
import './style.css';
import { follow, load, setToken, type Snapshot, TokenNeededError, type Topology } from './data.ts';
import { count, duration, rate } from './format.ts';
import { rateOf } from './history.ts';
import { InstancesPanel } from './instances.tsx';
import { StoresPanel } from './stores.tsx';
import { TopicsPanel } from './topics.tsx';
import { TopologyPanel } from './topology.tsx';

const tabs = ['Topology', 'Instances', 'Stores', 'Topics'] as const;
type Tab = (typeof tabs)[number];

/** Snapshots that are kept: some minutes. */
const kept = 300;
const retryMs = 1000;

type Status = 'connecting' | 'connected' | 'disconnected' | 'token needed';

function Page() {
  const [tab, setTab] = useState<Tab>('Topology');
  const [topology, setTopology] = useState<Topology>();
  const [history, setHistory] = useState<readonly Snapshot[]>([]);
  const [status, setStatus] = useState<Status>('connecting');
  const [problem, setProblem] = useState('');
  const [topic, setTopic] = useState<string>();
  const [session, setSession] = useState(0);

  useEffect(() => {
    const stop = new AbortController();
    const run = async (): Promise<void> => {
      while (!stop.signal.aborted) {
        try {
          setTopology(await load<Topology>('/inspector/topology', stop.signal));
          setStatus('connected');
          setProblem('');
          await follow('/inspector/events', stop.signal, (_, data) =>
            setHistory((before) => [...before, data as Snapshot].slice(-kept)),
          );
          setStatus('disconnected');
        } catch (error) {
          if (stop.signal.aborted) return;
          if (error instanceof TokenNeededError) return setStatus('token needed');
          setStatus('disconnected');
          setProblem(error instanceof Error ? error.message : String(error));
        }
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    };
    run().catch((error: unknown) => setProblem(String(error)));
    return () => stop.abort();
  }, [session]);

  if (status === 'token needed') return <TokenForm onToken={() => setSession((one) => one + 1)} />;
  const now = history.at(-1);
  const showTopic = (name: string): void => {
    setTopic(name);
    setTab('Topics');
  };
  return (
    <>
      <Header topology={topology} now={now} history={history} status={status} problem={problem} />
      <nav aria-label="Panels">
        {tabs.map((name) => (
          <button
            type="button"
            key={name}
            aria-current={tab === name ? 'page' : undefined}
            onClick={() => setTab(name)}
          >
            {name}
          </button>
        ))}
      </nav>
      <main>
        {topology === undefined ? (
          <p class="empty">Waiting for the app …</p>
        ) : tab === 'Topology' ? (
          <TopologyPanel topology={topology} history={history} onTopic={showTopic} />
        ) : tab === 'Instances' ? (
          <InstancesPanel history={history} />
        ) : tab === 'Stores' ? (
          <StoresPanel now={now} />
        ) : (
          <TopicsPanel applicationId={topology.applicationId} chosen={topic} onChoose={setTopic} />
        )}
      </main>
    </>
  );
}

interface HeaderProps {
  readonly topology: Topology | undefined;
  readonly now: Snapshot | undefined;
  readonly history: readonly Snapshot[];
  readonly status: Status;
  readonly problem: string;
}

function Header({ topology, now, history, status, problem }: HeaderProps) {
  const lag = now === undefined ? 0 : Object.values(now.lag).reduce((sum, one) => sum + one, 0);
  return (
    <header>
      <h1>{topology?.applicationId ?? 'Millrace'}</h1>
      <span class={`state ${now?.health.status ?? ''}`} role="status">
        {status === 'connected' ? (now?.health.status ?? 'connecting') : status}
      </span>
      {now !== undefined && (
        <dl class="figures">
          <Figure name="records" value={rate(rateOf(history, ({ processed }) => processed))} />
          <Figure name="lag" value={count(lag)} />
          <Figure name="commit" value={duration(now.commitMs)} />
          <Figure name="end to end p99" value={duration(now.endToEndP99Ms)} />
          <Figure name="dropped" value={count(now.dropped)} />
          <Figure name="late" value={count(now.late)} />
        </dl>
      )}
      <button type="button" class="theme" onClick={switchTheme} aria-label="Light or dark">
        ◐
      </button>
      {status === 'disconnected' && (
        <p class="problem" role="alert">
          The app does not answer{problem === '' ? '' : `: ${problem}`}. Trying again …
        </p>
      )}
      {now !== undefined && now.health.reasons.length > 0 && (
        <p class="problem" role="alert">
          {now.health.reasons.join(' ')}
        </p>
      )}
    </header>
  );
}

function Figure({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function TokenForm({ onToken }: { readonly onToken: () => void }) {
  const [text, setText] = useState('');
  return (
    <form
      class="token"
      onSubmit={(event) => {
        event.preventDefault();
        setToken(text);
        onToken();
      }}
    >
      <label for="token">The app asks for its token</label>
      <input
        id="token"
        type="password"
        value={text}
        onInput={({ currentTarget }) => setText(currentTarget.value)}
      />
      <button type="submit">Look</button>
    </form>
  );
}

function switchTheme(): void {
  const { dataset } = document.documentElement;
  const isDark =
    dataset['theme'] === undefined
      ? matchMedia('(prefers-color-scheme: dark)').matches
      : dataset['theme'] === 'dark';
  dataset['theme'] = isDark ? 'light' : 'dark';
  localStorage.setItem('theme', dataset['theme']);
}

const theme = localStorage.getItem('theme');
if (theme !== null) document.documentElement.dataset['theme'] = theme;
render(<Page />, document.getElementById('page')!);
