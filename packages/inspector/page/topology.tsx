import { useState } from 'preact/hooks';
import { Chart } from './chart.tsx';
import type { Snapshot, Topology } from './data.ts';
import { LastRecords } from './last-records.tsx';
import { bytes, count, duration, rate } from './format.ts';
import { rateOf, ratesOf } from './history.ts';

type Box = Topology['boxes'][number];

/** Of the figures below the lowest boxes. */
const badgeHeight = 16;

interface Props {
  readonly topology: Topology;
  readonly history: readonly Snapshot[];
  readonly onTopic: (name: string) => void;
}

/** Topics, operators and stores from left to right, with what happens at each. */
export function TopologyPanel({ topology, history, onTopic }: Props) {
  const [chosen, setChosen] = useState<Box>();
  const { width, parts, arrows, boxes, applicationId } = topology;
  const height = topology.height + badgeHeight;
  return (
    <div class="topology">
      <div class="scroll">
        <svg
          width={width}
          height={height}
          viewBox={`0 0 ${width} ${height}`}
          role="group"
          aria-label="Topology"
        >
          <defs>
            <marker
              id="head"
              viewBox="0 0 8 8"
              refX="7"
              refY="4"
              markerWidth="7"
              markerHeight="7"
              orient="auto"
            >
              <path d="M0 0L8 4L0 8z" />
            </marker>
          </defs>
          {parts.map(({ id, global, x, y, width: w, height: h }) => (
            <g class="part" key={id}>
              <rect x={x} y={y} width={w} height={h} rx={8} />
              <text x={x + 10} y={y + 16}>
                {global ? 'global table' : `sub-topology ${id}`}
              </text>
            </g>
          ))}
          {arrows.map((arrow, at) => (
            <Arrow key={at} arrow={arrow} history={history} />
          ))}
          {boxes.map((box) => (
            <Node
              key={box.id}
              box={box}
              figures={figuresOf(box, applicationId, history)}
              isChosen={box.id === chosen?.id}
              onChoose={() => setChosen(box.id === chosen?.id ? undefined : box)}
            />
          ))}
        </svg>
      </div>
      {chosen === undefined ? (
        <p class="hint">Choose a node for its figures.</p>
      ) : (
        <Details
          key={chosen.id}
          box={chosen}
          applicationId={applicationId}
          history={history}
          onTopic={onTopic}
        />
      )}
    </div>
  );
}

/** The topic's real name: the app's own carry its id. */
function topicOf({ kind, label }: Box, applicationId: string): string {
  return kind === 'internal' ? `${applicationId}-${label}` : label;
}

function nodeOf({ id }: Box): string {
  return id.replace(/^operator /, '');
}

/** A node that takes so many milliseconds of each second is busy. */
const busyMs = 500;

interface Figures {
  readonly text: string;
  /** It has failed, or is busy, or records are dropped, or wait, more and more. */
  readonly isBad: boolean;
}

function figuresOf(box: Box, applicationId: string, history: readonly Snapshot[]): Figures {
  const now = history.at(-1);
  if (now === undefined) return { text: '', isBad: false };
  if (box.kind === 'operator') {
    const name = nodeOf(box);
    const dropped = now.nodes[name]?.dropped ?? 0;
    const droppedNow = rateOf(history, ({ nodes }) => nodes[name]?.dropped ?? 0) ?? 0;
    const processed = rateOf(history, ({ nodes }) => nodes[name]?.processed);
    const latencyMs = now.nodes[name]?.latencyMs;
    const isBusy = (processed ?? 0) * (latencyMs ?? 0) > busyMs;
    const parts = [
      ...(processed === undefined ? [] : [rate(processed)]),
      ...(latencyMs === undefined ? [] : [duration(latencyMs)]),
      ...(now.failedAt === name ? ['failed'] : []),
      ...(isBusy ? ['busy'] : []),
      ...(dropped > 0 ? [`${count(dropped)} dropped`] : []),
    ];
    return { text: parts.join(', '), isBad: now.failedAt === name || droppedNow > 0 || isBusy };
  }
  if (box.kind === 'store') {
    const store = now.stores[box.label];
    if (store === undefined) return { text: '', isBad: false };
    const isRestoring = store.restoreRemaining > 0;
    return {
      text: isRestoring ? `${count(store.restoreRemaining)} to restore` : `${count(store.memoryRows)} rows`,
      isBad: isRestoring,
    };
  }
  const topic = topicOf(box, applicationId);
  const lag = now.lag[topic];
  if (lag === undefined) return { text: '', isBad: false };
  const before = history.at(-10)?.lag[topic] ?? lag;
  return { text: `lag ${count(lag)}`, isBad: lag > before && lag > 1000 };
}

/** Where records go, with how many do where that is known. */
function Arrow({ arrow, history }: { arrow: Topology['arrows'][number]; history: readonly Snapshot[] }) {
  const { points, uses, counts } = arrow;
  const records =
    counts === undefined
      ? undefined
      : rateOf(history, ({ nodes }) => {
          const node = nodes[counts.node];
          return counts.from === undefined ? node?.processed : node?.from?.[counts.from];
        });
  const middle = points[Math.floor(points.length / 2)];
  return (
    <>
      <path
        class={`arrow${uses ? ' uses' : ''}`}
        d={points.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${x} ${y}`).join('')}
        marker-end={uses ? undefined : 'url(#head)'}
      />
      {records !== undefined && records > 0 && middle !== undefined && (
        <text class="flow" text-anchor="middle" x={middle.x} y={middle.y - 4}>
          {rate(records)}
        </text>
      )}
    </>
  );
}

interface NodeProps {
  readonly box: Box;
  readonly figures: Figures;
  readonly isChosen: boolean;
  readonly onChoose: () => void;
}

function Node({ box, figures: { text, isBad }, isChosen, onChoose }: NodeProps) {
  const { kind, label, detail, title, x, y, width, height } = box;
  const middle = x + width / 2;
  const name = `${kind} ${label}${detail === undefined ? '' : ` ${detail}`}`;
  return (
    <g
      class={`${kind}${isBad ? ' bad' : ''}${isChosen ? ' chosen' : ''}`}
      tabindex={0}
      role="button"
      aria-pressed={isChosen}
      aria-label={text === '' ? name : `${name}, ${text}`}
      onClick={onChoose}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' && event.key !== ' ') return;
        event.preventDefault();
        onChoose();
      }}
    >
      <title>{title}</title>
      <rect
        x={x}
        y={y}
        width={width}
        height={height}
        rx={kind === 'operator' ? 4 : kind === 'store' ? 10 : height / 2}
      />
      <text
        text-anchor="middle"
        x={middle}
        y={detail === undefined ? y + height / 2 + 4 : y + height / 2 - 3}
      >
        {label.length > 40 ? `${label.slice(0, 39)}…` : label}
      </text>
      {detail !== undefined && (
        <text class="detail" text-anchor="middle" x={middle} y={y + height / 2 + 13}>
          {detail.length > 40 ? `${detail.slice(0, 39)}…` : detail}
        </text>
      )}
      {text !== '' && (
        <text class="badge" text-anchor="middle" x={middle} y={y + height + 13}>
          {text}
        </text>
      )}
    </g>
  );
}

function Details({
  box,
  applicationId,
  history,
  onTopic,
}: Omit<Props, 'topology'> & { readonly box: Box; readonly applicationId: string }) {
  const now = history.at(-1);
  const name = nodeOf(box);
  const topic = topicOf(box, applicationId);
  const store = now?.stores[box.label];
  return (
    <section class="details" aria-label={`Details of ${box.label}`}>
      <h2>{box.label}</h2>
      <p>{box.title}</p>
      {box.kind === 'operator' && (
        <>
          {now?.nodes[name]?.processed === undefined ? (
            <p class="hint">With recordingLevel: 'debug' each operator counts its records.</p>
          ) : (
            <Chart
              history={history}
              label="records a second"
              values={(all) => ratesOf(all, ({ nodes }) => nodes[name]?.processed)}
            />
          )}
          {now?.nodes[name]?.latencyMs !== undefined && (
            <p>{duration(now.nodes[name].latencyMs)} for a record, without what comes after it.</p>
          )}
          <p>{count(now?.nodes[name]?.dropped ?? 0)} records dropped here.</p>
          {now?.nodes[name]?.processed !== undefined && <LastRecords node={name} />}
        </>
      )}
      {box.kind === 'store' && store !== undefined && (
        <>
          <p>
            {count(store.memoryRows)} rows in memory, {bytes(store.diskBytes)} on disk.
          </p>
          <Chart
            history={history}
            label="rows in memory"
            values={(all) => all.map(({ stores }) => stores[box.label]?.memoryRows ?? null)}
          />
        </>
      )}
      {(box.kind === 'topic' || box.kind === 'internal') && (
        <>
          {now?.lag[topic] !== undefined && (
            <Chart
              history={history}
              label="lag, records"
              values={(all) => all.map(({ lag }) => lag[topic] ?? null)}
            />
          )}
          <button type="button" onClick={() => onTopic(topic)}>
            Show its records
          </button>
        </>
      )}
    </section>
  );
}
