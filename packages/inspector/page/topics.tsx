import { useEffect, useState } from 'preact/hooks';
import { load, type Place, sendAgain, type TopicTail, type TopicView } from './data.ts';
import { bytes, count, line, time } from './format.ts';
import { Origins } from './origins.tsx';
import { Field } from './stores.tsx';
import { Value } from './value.tsx';

const refreshMs = 2000;
const tailMs = 1000;
const shown = 200;
/** Headers that the column beside them says. */
const errorHeader = '__streams.errors.';

interface Props {
  readonly chosen: string | undefined;
  readonly onChoose: (name: string | undefined) => void;
}

/** Topics whose records the app has made of others. */
const madeBy: ReadonlySet<TopicView['role']> = new Set(['output', 'internal', 'changelog', 'dead letters']);

/** The topics that the app reads and writes, and what comes into them. */
export function TopicsPanel({ chosen, onChoose }: Props) {
  const [topics, setTopics] = useState<readonly TopicView[]>();
  const [problem, setProblem] = useState('');
  useEffect(() => {
    const look = (): void => {
      load<TopicView[]>('/inspector/topics').then(setTopics, (error: Error) => setProblem(error.message));
    };
    look();
    const timer = setInterval(look, refreshMs);
    return () => clearInterval(timer);
  }, []);
  if (topics === undefined)
    return problem === '' ? <p class="empty">Loading …</p> : <p role="alert">{problem}</p>;
  return (
    <div class="topics">
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th>topic</th>
              <th>role</th>
              <th>partitions</th>
              <th>records</th>
              <th>lag</th>
              <th>size</th>
            </tr>
          </thead>
          <tbody>
            {topics.map(({ name, role, partitions }) => (
              <tr key={name}>
                <td>
                  <button
                    type="button"
                    aria-pressed={name === chosen}
                    onClick={() => onChoose(name === chosen ? undefined : name)}
                  >
                    {name}
                  </button>
                </td>
                <td>{role}</td>
                <td>{partitions.length}</td>
                <td>{count(partitions.reduce((sum, { start, end }) => sum + end - start, 0))}</td>
                <td>{lagOf(partitions)}</td>
                <td>{bytes(partitions.reduce((sum, one) => sum + one.bytes, 0))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {chosen !== undefined && (
        <Records
          key={chosen}
          topic={chosen}
          isMade={madeBy.has(topics.find(({ name }) => name === chosen)?.role ?? 'topic')}
        />
      )}
    </div>
  );
}

function lagOf(partitions: TopicView['partitions']): string {
  if (partitions.every(({ committed }) => committed === undefined)) return '';
  return count(
    partitions.reduce((sum, { start, end, committed }) => sum + end - Math.max(start, committed ?? start), 0),
  );
}

/** The last records of a topic, and those that come. */
function Records({ topic, isMade }: { readonly topic: string; readonly isMade: boolean }) {
  const [origin, setOrigin] = useState<Place>();
  const [records, setRecords] = useState<TopicTail['records']>([]);
  const [filter, setFilter] = useState('');
  const [isFollowed, setFollowed] = useState(true);
  const [problem, setProblem] = useState('');
  useEffect(() => {
    let next = '';
    let timer = 0;
    let isOver = false;
    const take = (tail: TopicTail): void => {
      next = tail.next.join(',');
      if (tail.records.length > 0) setRecords((before) => [...before, ...tail.records].slice(-shown));
      setProblem('');
    };
    const look = (): void => {
      const query = new URLSearchParams({ filter, ...(next === '' ? {} : { after: next }) });
      load<TopicTail>(`/inspector/topics/${encodeURIComponent(topic)}?${query.toString()}`)
        .then(
          (tail) => {
            if (!isOver) take(tail);
          },
          (error: Error) => {
            if (!isOver) setProblem(error.message);
          },
        )
        .finally(() => {
          if (isFollowed && !isOver) timer = window.setTimeout(look, tailMs);
        });
    };
    setRecords([]);
    look();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [filter, isFollowed]);
  const hasLetters = records.some(({ deadLetter }) => deadLetter !== undefined);
  return (
    <section aria-label={`Records of ${topic}`}>
      <h2>{topic}</h2>
      <form class="query" onSubmit={(event) => event.preventDefault()}>
        <Field label="with this text" value={filter} onInput={setFilter} />
        <label>
          <input
            type="checkbox"
            checked={isFollowed}
            onChange={({ currentTarget }) => setFollowed(currentTarget.checked)}
          />{' '}
          follow
        </label>
      </form>
      {problem !== '' && <p role="alert">{problem}</p>}
      {origin !== undefined && (
        <Origins
          key={`${origin.partition}-${origin.offset}`}
          place={origin}
          onClose={() => setOrigin(undefined)}
        />
      )}
      {records.length === 0 ? (
        <p class="empty">No records{filter === '' ? '' : ' with this text among the last'}.</p>
      ) : (
        <div class="scroll">
          <table>
            <thead>
              <tr>
                <th>place</th>
                <th>time</th>
                <th>key</th>
                <th>value</th>
                <th>headers</th>
                {isMade && <th>made of</th>}
                {hasLetters && <th>what happened</th>}
              </tr>
            </thead>
            <tbody>
              {records
                .toReversed()
                .map(({ partition, offset, timestamp, key, value, headers, deadLetter }) => (
                  <tr key={`${partition}-${offset}`}>
                    <td>
                      {partition} @ {offset}
                    </td>
                    <td>{time(timestamp)}</td>
                    <td>{key === null ? <Value value={null} /> : line(key)}</td>
                    <td>
                      <Value value={value} />
                    </td>
                    <td>
                      {headers
                        .filter((header) => deadLetter === undefined || !header.key.startsWith(errorHeader))
                        .map((header) => `${header.key}=${header.value ?? ''}`)
                        .join(' ')}
                    </td>
                    {isMade && (
                      <td>
                        <button type="button" onClick={() => setOrigin({ topic, partition, offset })}>
                          From where?
                        </button>
                      </td>
                    )}
                    {hasLetters && (
                      <td>
                        {deadLetter && <Letter place={{ topic, partition, offset }} letter={deadLetter} />}
                      </td>
                    )}
                  </tr>
                ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

type DeadLetter = NonNullable<TopicTail['records'][number]['deadLetter']>;

const placeText = ({
  topic,
  partition,
  offset,
}: Omit<Place, 'offset'> & { readonly offset: number | undefined }): string =>
  `${topic}-${partition}${offset === undefined ? '' : ` @ ${offset}`}`;

/** Why a record is a dead letter, and a way to send it to where it came from once more. */
function Letter({ place, letter }: { readonly place: Place; readonly letter: DeadLetter }) {
  const [isAsking, setAsking] = useState(false);
  const [outcome, setOutcome] = useState('');
  const from = placeText(letter);
  const send = (): void => {
    setAsking(false);
    setOutcome('sending …');
    sendAgain(place).then(
      (sent) => setOutcome(`sent to ${placeText(sent)}`),
      (error: Error) => setOutcome(error.message),
    );
  };
  return (
    <>
      <p>
        {letter.reason}: {letter.message}
      </p>
      <p>from {from}</p>
      {isAsking ? (
        <p>
          It is processed as if it were new.{' '}
          <button type="button" onClick={send}>
            Send to {placeText({ ...letter, offset: undefined })}
          </button>{' '}
          <button type="button" onClick={() => setAsking(false)}>
            Leave it
          </button>
        </p>
      ) : (
        <button type="button" onClick={() => setAsking(true)}>
          Send again …
        </button>
      )}
      {outcome !== '' && <p role="status">{outcome}</p>}
    </>
  );
}
