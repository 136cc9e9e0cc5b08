import { useEffect, useState } from 'preact/hooks';
import { load, type OriginsView, type OriginView, type Place } from './data.ts';
import { line, time } from './format.ts';
import { Value } from './value.tsx';

const reasons = {
  headers: 'named in its headers',
  trace: 'the same trace',
  key: 'the same key and time',
} as const;

const placeText = ({ topic, partition, offset }: Place): string => `${topic}-${partition} @ ${offset}`;

/** The way of a record back to where it came from, topic by topic. */
export function Origins({ place, onClose }: { readonly place: Place; readonly onClose: () => void }) {
  const [way, setWay] = useState<readonly Place[]>([place]);
  const [found, setFound] = useState<OriginsView>();
  const [problem, setProblem] = useState('');
  const at = way.at(-1)!;
  useEffect(() => {
    const stop = new AbortController();
    setFound(undefined);
    setProblem('');
    const { topic, partition, offset } = at;
    load<OriginsView>(
      `/inspector/topics/${encodeURIComponent(topic)}/${partition}/${offset}/origins`,
      stop.signal,
    ).then(setFound, (error: Error) => {
      if (!stop.signal.aborted) setProblem(error.message);
    });
    return () => stop.abort();
  }, [placeText(at)]);
  return (
    <section class="origins" aria-label={`Where ${placeText(place)} came from`}>
      <h2>Where it came from</h2>
      <ol class="way">
        {way.map((one, index) => (
          <li key={index}>
            {index === way.length - 1 ? (
              placeText(one)
            ) : (
              <button type="button" onClick={() => setWay(way.slice(0, index + 1))}>
                {placeText(one)}
              </button>
            )}
          </li>
        ))}
      </ol>
      <button type="button" onClick={onClose}>
        Close
      </button>
      {problem !== '' && <p role="alert">{problem}</p>}
      {found === undefined ? (
        problem === '' && <p class="empty">Looking …</p>
      ) : (
        <Found found={found} onGo={(one) => setWay([...way, one])} />
      )}
    </section>
  );
}

function Found({ found, onGo }: { readonly found: OriginsView; readonly onGo: (place: Place) => void }) {
  const { topics, records } = found;
  if (topics.length === 0)
    return <p class="empty">The app does not write to this topic: its records come from outside.</p>;
  if (records.length === 0)
    return <p class="empty">No record of this time is left in {topics.join(', ')}.</p>;
  return (
    <>
      <p class="hint">
        Records of {topics.join(', ')} at its time: a result has the time of the record that made it.
      </p>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th>place</th>
              <th>time</th>
              <th>key</th>
              <th>value</th>
              <th>why</th>
            </tr>
          </thead>
          <tbody>
            {records.map((record) => (
              <Row key={placeText(record)} record={record} onGo={onGo} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Row({ record, onGo }: { readonly record: OriginView; readonly onGo: (place: Place) => void }) {
  const { timestamp, key, value, by, isInternal } = record;
  return (
    <tr>
      <td>
        {isInternal ? (
          <button type="button" onClick={() => onGo(record)}>
            {placeText(record)}
          </button>
        ) : (
          placeText(record)
        )}
      </td>
      <td>{time(timestamp)}</td>
      <td>{key === null ? <Value value={null} /> : line(key)}</td>
      <td>
        <Value value={value} />
      </td>
      <td>{by === undefined ? 'the same time' : reasons[by]}</td>
    </tr>
  );
}
