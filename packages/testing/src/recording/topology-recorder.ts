import type { Headers, LogRecord } from '@millrace/log-client';
import { type Recording, type RecordingEntry, saveRecording } from './recording.ts';

export interface TopologyRecorderOptions {
  /** Of more, the first are forgotten. Default 10,000. */
  readonly maxRecords?: number;
}

/** A batch that a running app takes in. */
interface Received {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly LogRecord[];
}

/**
 * Keeps what a topology takes in, to be replayed: `new TopologyTestDriver(topology, { recorder })`, or `new
 * StreamsApp(topology, { inputListener: recorder.inputListener, ... })`. Of an app that has state already, a
 * replay begins without.
 */
export class TopologyRecorder {
  readonly #maxRecords: number;
  #entries: RecordingEntry[] = [];
  #missing = 0;

  constructor({ maxRecords = 10_000 }: TopologyRecorderOptions = {}) {
    if (!(Number.isSafeInteger(maxRecords) && maxRecords > 0))
      throw new RangeError(`maxRecords is ${maxRecords}: a whole number above 0 expected`);
    this.#maxRecords = maxRecords;
  }

  /** For `StreamsConfig.inputListener`. */
  readonly inputListener = ({ topic, partition, records }: Received): void => {
    for (const record of records) this.add({ topic, partition, record: ownRecord(record) });
  };

  add(entry: RecordingEntry): void {
    this.#entries.push(entry);
    // Cut off now and then, not at each record.
    if (this.#entries.length >= 2 * this.#maxRecords) this.#cut();
  }

  #cut(): void {
    const surplus = this.#entries.length - this.#maxRecords;
    if (surplus <= 0) return;
    this.#entries = this.#entries.slice(surplus);
    this.#missing += surplus;
  }

  get recording(): Recording {
    this.#cut();
    return { entries: [...this.#entries], missing: this.#missing };
  }

  /** Writes the recording to a file, for `millrace debug`. */
  save(file: string): Promise<void> {
    return saveRecording(this.recording, file);
  }
}

/** What came in is a part of a large batch, which would be kept with it. */
function ownRecord({ key, value, timestamp, headers }: LogRecord): Omit<LogRecord, 'offset'> {
  const own = (bytes: Uint8Array | null): Uint8Array | null => bytes && Uint8Array.from(bytes);
  const kept: Headers = headers.map((one) => ({ key: one.key, value: own(one.value) }));
  return { key: own(key), value: own(value), timestamp, headers: kept };
}
