// Draws the pictures of docs/late-data.md from what a test driver does. node scripts/draw-late-data.mjs
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  json,
  minutes,
  SessionWindows,
  StreamsBuilder,
  string,
  TimeWindows,
  topic,
  untilWindowCloses,
} from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';

export const picturesFolder = fileURLToPath(new URL('../docs/pictures/', import.meta.url));

const readings = topic('readings', { key: string(), value: json() });
const results = topic('results', { key: json(), value: json() });

/** `arrivals`: in the order in which they come, at which minute each was measured. */
const kinds = {
  tumbling: {
    title: 'Windows of 5 minutes, grace of 2 minutes',
    arrivals: [0.5, 2, 4, 6, 3, 7.5, 4.5, 11, 9, 12],
    lateMinutes: 2,
    build: (grouped) =>
      grouped
        .windowedBy(TimeWindows.of(minutes(5)).grace(minutes(2)))
        .count()
        .suppress(untilWindowCloses()),
  },
  sessions: {
    title: 'Sessions with a gap of 1 minute, grace of 2 minutes',
    arrivals: [1, 2, 4, 5, 3, 8.5, 9, 5.5, 7],
    // A session ends one gap after its last record.
    lateMinutes: 3,
    build: (grouped) => grouped.windowedBy(SessionWindows.of(minutes(1)).grace(minutes(2))).count(),
  },
};

/** What each record does: whether it is too late, and what comes out. */
async function played({ build, arrivals }) {
  const builder = new StreamsBuilder();
  build(builder.stream(readings).groupByKey())
    .toStream()
    .map((count, { window }) => [[window.start, window.end], count ?? null])
    .to(results);
  const driver = new TopologyTestDriver(builder.build());
  const input = driver.createInputTopic(readings);
  const output = driver.createOutputTopic(results);
  const steps = arrivals.map((minute) => {
    const before = driver.metrics.lateRecords;
    input.pipeInput('meter', 1, { timestamp: minutes(minute) });
    const isLate = driver.metrics.lateRecords > before;
    return { minute, isLate, results: output.readRecordsToList().map(({ key, value }) => ({ key, value })) };
  });
  await driver.close();
  return steps;
}

const scale = { left: 60, minute: 48, top: 78, row: 34 };
const xOf = (minute) => scale.left + minute * scale.minute;
const yOf = (row) => scale.top + row * scale.row;
const clock = (minute) =>
  `12:${String(Math.floor(minute)).padStart(2, '0')}${minute % 1 === 0 ? '' : `:${String(Math.round((minute % 1) * 60)).padStart(2, '0')}`}`;
const text = (x, y, content, rest = '') => `<text x="${x}" y="${y}" ${rest}>${content}</text>`;

function windowBands(kind, bottom) {
  if (kind !== 'tumbling') return '';
  return [0, 5, 10]
    .map((start, index) => {
      const width = (Math.min(12, start + 5) - start) * scale.minute;
      const fill = index % 2 === 0 ? '#e8f0fb' : '#f6f6f3';
      return `<rect x="${xOf(start)}" y="${scale.top - 24}" width="${width}" height="${bottom - scale.top + 24}" fill="${fill}"/>`;
    })
    .join('');
}

/** What is older than this line is too late. */
function graceLine(steps, lateMinutes) {
  let streamTime = 0;
  const points = steps.flatMap(({ minute }, row) => {
    streamTime = Math.max(streamTime, minute);
    const x = xOf(Math.max(0, streamTime - lateMinutes));
    return [`${x},${yOf(row) - scale.row / 2}`, `${x},${yOf(row) + scale.row / 2}`];
  });
  return `<polyline points="${points.join(' ')}" fill="none" stroke="#b45309" stroke-width="2" stroke-dasharray="5 4"/>`;
}

function dot({ minute, isLate }, row) {
  const [x, y] = [xOf(minute), yOf(row)];
  if (!isLate) return `<circle cx="${x}" cy="${y}" r="7" fill="#1d4ed8"/>`;
  return `<circle cx="${x}" cy="${y}" r="7" fill="#fff" stroke="#b91c1c" stroke-width="2"/><path d="M${x - 4} ${y - 4}l8 8m0 -8l-8 8" stroke="#b91c1c" stroke-width="2"/>`;
}

function resultText({ isLate, results: found }) {
  if (isLate) return 'too late: left out, and counted as late';
  const minutesOf = (ms) => clock(ms / 60_000);
  const there = found.filter(({ value }) => value !== null);
  const gone = found.length - there.length;
  const texts = there.map(
    ({ key: [start, end], value }) => `${minutesOf(start)} to ${minutesOf(end)}: ${value}`,
  );
  return `${texts.join(', ')}${gone === 0 ? '' : `, in place of ${gone === 1 ? 'one session' : `${gone} sessions`}`}`;
}

/** The session that a record is in now. */
function sessionBars(kind, steps) {
  if (kind !== 'sessions') return '';
  return steps
    .flatMap(({ results: found }, row) =>
      found
        .filter(({ value }) => value !== null)
        .map(({ key: [start, end] }) => {
          const [from, to] = [xOf(start / 60_000) - 10, xOf(end / 60_000) + 10];
          return `<rect x="${from}" y="${yOf(row) - 11}" width="${to - from}" height="22" rx="11" fill="#dbe7fb"/>`;
        }),
    )
    .join('\n');
}

/** A picture as SVG: time from left to right, the order in which records come from top to bottom. */
async function draw(kind) {
  const { title, lateMinutes } = kinds[kind];
  const steps = await played(kinds[kind]);
  const bottom = yOf(steps.length) - scale.row / 2;
  const right = xOf(12);
  const ticks = [0, 2, 4, 6, 8, 10, 12].map(
    (minute) =>
      `<path d="M${xOf(minute)} ${scale.top - 24}V${bottom}" stroke="#d6d3d1"/>${text(xOf(minute), scale.top - 32, clock(minute), 'text-anchor="middle" fill="#57534e"')}`,
  );
  const rows = steps.map(
    (step, row) =>
      `${text(20, yOf(row) + 5, `${row + 1}.`, 'fill="#57534e"')}${dot(step, row)}${text(right + 24, yOf(row) + 5, resultText(step), step.isLate ? 'fill="#b91c1c"' : 'fill="#1c1917"')}`,
  );
  const [width, height] = [right + 360, bottom + 20];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="14" role="img" aria-label="${title}">
<rect width="${width}" height="${height}" fill="#ffffff"/>
${text(20, 26, title, 'font-weight="600" fill="#1c1917"')}
${text(right + 24, scale.top - 32, 'what comes out', 'fill="#57534e"')}
${windowBands(kind, bottom)}
${sessionBars(kind, steps)}
${ticks.join('\n')}
${graceLine(steps, lateMinutes)}
${rows.join('\n')}
</svg>
`;
}

/** The pictures by the names of their files. */
export async function pictures() {
  return {
    'late-tumbling.svg': await draw('tumbling'),
    'late-sessions.svg': await draw('sessions'),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, picture] of Object.entries(await pictures()))
    writeFileSync(`${picturesFolder}${name}`, picture);
}
