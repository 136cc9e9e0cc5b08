// npm run soak -- [MINUTES]: writes, reads, deletes by retention and compacts at the same time, and fails where
// disk or memory grow, or a reader sees anything that was not written.
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { EmbeddedLog } from '@millrace/embedded-log';

const minutes = Number(process.argv[2] ?? 1);
if (!(minutes > 0)) {
  console.error('Usage: npm run soak -- [MINUTES]');
  process.exit(2);
}
const dir = mkdtempSync(path.join(tmpdir(), 'millrace-soak-'));
const log = await EmbeddedLog.open({
  dir,
  durability: 'os',
  segmentBytes: 4 << 20,
  checkpointBytes: 8 << 20,
});
const forAWhile = { 'retention.ms': '5000', 'segment.ms': '1000' };
const compacted = { 'cleanup.policy': 'compact', 'retention.ms': '-1', 'delete.retention.ms': '2000' };
await log.admin.createTopics([
  { name: 'events', partitions: 2, configs: forAWhile },
  { name: 'rows', partitions: 1, configs: compacted },
]);

const keys = 20_000;
const value = 'v'.repeat(200);
const end = Date.now() + minutes * 60_000;
let [sent, read, expired] = [0, 0, 0];
const latest = new Map();

async function write() {
  const producer = await log.producer();
  for (let n = 0; Date.now() < end; n++) {
    const records = Array.from({ length: 200 }, (_, index) => {
      const key = `key-${(n * 7919 + index * 104_729) % keys}`;
      const isGone = (n + index) % 50 === 0;
      latest.set(key, isGone ? null : n);
      return { key, value: isGone ? null : `${n} ${value}`, timestamp: Date.now(), headers: [] };
    });
    const events = records.map((record) => ({ ...record, value: `${n} ${value}` }));
    await producer.commit({
      records: [
        { topic: 'rows', partition: 0, records },
        { topic: 'events', partition: n % 2, records: events },
      ],
    });
    sent += 2 * records.length;
    // About as much as retention and compaction can keep up with on two cores.
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

async function readEvents(partition) {
  const at = { topic: 'events', partition };
  const reader = await log.reader([{ ...at, offset: 0 }]);
  let next = 0;
  while (Date.now() < end) {
    try {
      for (const { records, nextOffset } of await reader.poll({ maxWaitMs: 100, maxRecords: 500 })) {
        for (const { offset } of records) {
          if (offset < next) throw new Error(`offset ${offset} of ${partition} came twice`);
          next = offset + 1;
        }
        read += records.length;
        next = nextOffset;
      }
    } catch (error) {
      if (error.code !== 'LOG_OFFSET_OUT_OF_RANGE') throw error;
      const [{ start }] = await log.admin.offsets([at]);
      expired += start - next;
      next = start;
      reader.seek(at, start);
    }
    // Falls behind now and then.
    if (Math.random() < 0.001) await new Promise((resolve) => setTimeout(resolve, 7000));
  }
  await reader.close();
}

function bytesOnDisk() {
  return readdirSync(dir).reduce(
    (sum, name) => sum + (statSync(path.join(dir, name), { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}

const samples = [];
const timer = setInterval(() => {
  const { heapUsed, rss } = process.memoryUsage();
  samples.push({ disk: bytesOnDisk(), heap: heapUsed, rss });
  if (process.stderr.isTTY) process.stderr.write(`\r${Math.ceil((end - Date.now()) / 1000)} s to go `);
}, 500);
await Promise.all([write(), readEvents(0), readEvents(1)]);
clearInterval(timer);
await log.clean();

const reader = await log.reader([{ topic: 'rows', partition: 0, offset: 0 }]);
const [{ end: last }] = await log.admin.offsets([{ topic: 'rows', partition: 0 }]);
const found = new Map();
for (let at = 0; at < last; ) {
  for (const { records, nextOffset } of await reader.poll({ maxWaitMs: 100, maxRecords: 5000 })) {
    for (const record of records) {
      const text = record.valueText();
      found.set(record.keyText(), text === null ? null : Number.parseInt(text, 10));
    }
    at = nextOffset;
  }
}
const wrong = [...latest].filter(([key, n]) => (found.get(key) ?? null) !== n);
const third = Math.floor(samples.length / 3);
const most = (list, field) => Math.max(...list.map((sample) => sample[field]));
const mb = (bytes) => `${Math.round(bytes / 1e6)} MB`;
const rows = ['disk', 'heap', 'rss'].map((field) => ({
  what: field,
  middle: most(samples.slice(third, 2 * third), field),
  last: most(samples.slice(2 * third), field),
}));
console.log(
  `${sent} records written, ${read} events read, ${expired} gone by retention before they were read`,
);
console.log(
  `compaction: ${JSON.stringify(log.compactionStats)}; ${found.size} keys, ${wrong.length} of them wrong`,
);
for (const { what, middle, last: late } of rows)
  console.log(`${what}: at most ${mb(middle)} in the middle third, ${mb(late)} in the last`);
await log.close();
rmSync(dir, { recursive: true, force: true });
const grown = rows.filter(({ middle, last: late }) => late > 1.3 * middle + 20e6);
for (const { what } of grown) console.error(`${what} has grown`);
process.exitCode = grown.length === 0 && wrong.length === 0 ? 0 : 1;
