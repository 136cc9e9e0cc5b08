import { topologySvg } from '@millrace/inspector/draw';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { Editor } from './editor.tsx';
import { examples } from './examples.ts';
import { parseInputs } from './inputs.ts';
import { load, messageOf, type Program } from './load.ts';
import { play, type Played } from './play.ts';
import { Results } from './results.tsx';
import { Steps } from './steps.tsx';

/** Typing is not run letter by letter. */
const settleMs = 250;

type Loaded = { readonly program: Program } | { readonly error: string };

function loaded(source: string): Loaded {
  try {
    return { program: load(source) };
  } catch (error) {
    return { error: messageOf(error) };
  }
}

/** What comes of the records; undefined while it runs, or where the program cannot be run. */
function usePlayed(program: Program | undefined, records: string) {
  const [played, setPlayed] = useState<Played | { readonly error: string }>();
  useEffect(() => {
    let isCurrent = true;
    setPlayed(undefined);
    if (program === undefined) return;
    const run = async (): Promise<Played> => play(program, parseInputs(records));
    run().then(
      (found) => isCurrent && setPlayed(found),
      (error: unknown) => isCurrent && setPlayed({ error: messageOf(error) }),
    );
    return () => {
      isCurrent = false;
    };
  }, [program, records]);
  return played;
}

/** The text as it was once it has not changed for a while. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), settleMs);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}

/** A topology to be edited, records for it, and what becomes of them. */
export function Playground() {
  const [source, setSource] = useState(examples[0]!.source);
  const [records, setRecords] = useState(examples[0]!.records);
  const [settledSource, settledRecords] = [useSettled(source), useSettled(records)];
  const found = useMemo(() => loaded(settledSource), [settledSource]);
  const program = 'program' in found ? found.program : undefined;
  const played = usePlayed(program, settledRecords);
  const choose = (index: number): void => {
    setSource(examples[index]!.source);
    setRecords(examples[index]!.records);
  };
  return (
    <>
      <header>
        <h1>Millrace playground</h1>
        <label>
          Example{' '}
          <select onChange={({ currentTarget }) => choose(currentTarget.selectedIndex)}>
            {examples.map(({ title }) => (
              <option key={title}>{title}</option>
            ))}
          </select>
        </label>
        <p class="soft">It all runs in this page: nothing is sent anywhere.</p>
      </header>
      <main>
        <section class="program">
          <h2>Topology</h2>
          <Editor label="Topology" text={source} onChange={setSource} />
          {'error' in found && <Failure text={found.error} />}
          <h2>Records</h2>
          <Editor label="Records" text={records} onChange={setRecords} />
          {played !== undefined && 'error' in played && <Failure text={played.error} />}
        </section>
        <section class="outcome">
          {program !== undefined && <Graph program={program} />}
          {played !== undefined && 'steps' in played && (
            <>
              {played.failure !== undefined && <Failure text={played.failure} />}
              <Results results={played.results} />
              <Steps steps={played.steps} />
            </>
          )}
        </section>
      </main>
    </>
  );
}

function Failure({ text }: { readonly text: string }) {
  return (
    <p class="failure" role="alert">
      {text}
    </p>
  );
}

function Graph({ program }: { readonly program: Program }) {
  const svg = useMemo(() => topologySvg(program.topology), [program]);
  return (
    <>
      <h2>Graph</h2>
      <div class="graph" dangerouslySetInnerHTML={{ __html: svg }} />
    </>
  );
}
