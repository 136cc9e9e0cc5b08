import { render } from 'preact';
import { useState } from 'preact/hooks';
import 'uplot/dist/uPlot.min.css';
import './theme.css';
import './style.css';
import { type Connection, useConnection } from './connection.ts';
import { type LogSnapshot, setToken, type Snapshot, type Topology } from './data.ts';
import { GroupsPanel } from './groups.tsx';
import { Header } from './header.tsx';
import { InstancesPanel } from './instances.tsx';
import { StoresPanel } from './stores.tsx';
import { TopicsPanel } from './topics.tsx';
import { TopologyPanel } from './topology.tsx';

function Page() {
  const connection = useConnection();
  const { about, status, problem } = connection;
  if (status === 'token needed') return <TokenForm onToken={connection.retry} />;
  if (about === undefined)
    return (
      <>
        <Header title="Millrace" history={[]} status={status} problem={problem} />
        <main>
          <p class="empty">Waiting for the app …</p>
        </main>
      </>
    );
  return 'isLog' in about ? (
    <LogPage connection={connection} />
  ) : (
    <AppPage topology={about} connection={connection} />
  );
}

function AppPage({ topology, connection }: { readonly topology: Topology; readonly connection: Connection }) {
  const [tab, setTab] = useState('Topology');
  const [topic, setTopic] = useState<string>();
  const history = connection.history as readonly Snapshot[];
  const showTopic = (name: string): void => {
    setTopic(name);
    setTab('Topics');
  };
  return (
    <>
      <Header {...connection} title={topology.applicationId} history={history} />
      <Tabs names={['Topology', 'Instances', 'Stores', 'Topics']} chosen={tab} onChoose={setTab} />
      <main>
        {tab === 'Topology' ? (
          <TopologyPanel topology={topology} history={history} onTopic={showTopic} />
        ) : tab === 'Instances' ? (
          <InstancesPanel history={history} />
        ) : tab === 'Stores' ? (
          <StoresPanel now={history.at(-1)} />
        ) : (
          <TopicsPanel chosen={topic} onChoose={setTopic} />
        )}
      </main>
    </>
  );
}

/** Of a log no topology is known. */
function LogPage({ connection }: { readonly connection: Connection }) {
  const [tab, setTab] = useState('Groups');
  const [topic, setTopic] = useState<string>();
  const history = connection.history as readonly LogSnapshot[];
  return (
    <>
      <Header {...connection} title="Log" history={[]} />
      <Tabs names={['Groups', 'Topics']} chosen={tab} onChoose={setTab} />
      <main>
        {tab === 'Groups' ? (
          <GroupsPanel now={history.at(-1)} />
        ) : (
          <TopicsPanel chosen={topic} onChoose={setTopic} />
        )}
      </main>
    </>
  );
}

interface TabsProps {
  readonly names: readonly string[];
  readonly chosen: string;
  readonly onChoose: (name: string) => void;
}

function Tabs({ names, chosen, onChoose }: TabsProps) {
  return (
    <nav aria-label="Panels">
      {names.map((name) => (
        <button
          type="button"
          key={name}
          aria-current={name === chosen ? 'page' : undefined}
          onClick={() => onChoose(name)}
        >
          {name}
        </button>
      ))}
    </nav>
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

const theme = localStorage.getItem('theme');
if (theme !== null) document.documentElement.dataset['theme'] = theme;
render(<Page />, document.getElementById('page')!);
