import type { LogRecord, ProducerRecord } from '@millrace/log-client';
import type { StateStore, StoreQueries } from '@millrace/state-stores/runtime';
import type { Topology } from '@millrace/streams-core';
import type { TaskClock, TaskWatch } from '@millrace/streams-core/runtime';
import type { Step, StepCause, StepEvent, StepNode, StepResult, StepRow } from './step.ts';

interface OpenStep extends Step {
  readonly events: StepEvent[];
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** A result, and the step that wrote it. */
export interface PlacedResult {
  readonly step: Step;
  readonly result: StepResult;
}

/** Writes down what each record does in the tasks and stores of a test driver. */
export class StepRecorder {
  readonly #topology: Topology;
  readonly #steps: OpenStep[] = [];
  /** Results that have no offset yet. */
  readonly #unplaced = new Map<ProducerRecord, Writable<StepResult>>();
  readonly #placed = new Map<string, PlacedResult>();
  /** Rows as they are, by store and key: what a change finds. */
  readonly #rows = new Map<string, Map<string, unknown>>();
  /** The node that works, as its events are noted. */
  #current: number | undefined;
  #nextId = 0;

  constructor(topology: Topology) {
    this.#topology = topology;
  }

  get steps(): readonly Step[] {
    return this.#steps;
  }

  begin(cause: StepCause): void {
    this.#steps.push({ index: this.#steps.length, cause, events: [] });
    this.#current = undefined;
    this.#nextId = 0;
  }

  #note(event: StepEvent): void {
    this.#steps.at(-1)?.events.push(event);
  }

  /** What sees the records of a task. */
  watch(task: string, clock: TaskClock): TaskWatch {
    const entered: (number | undefined)[] = [];
    return {
      enter: (name, { key, value, timestamp, headers }) => {
        const node = this.#topology.nodes.get(name);
        const operator = node?.kind === 'processor' ? node.operator.kind : (node?.kind ?? '');
        const { topic, offset } = clock;
        const origin = node?.kind === 'source' && topic !== undefined ? { topic, offset } : undefined;
        const [id, parent] = [this.#nextId++, entered.at(-1)];
        const event: StepNode = {
          type: 'node',
          id,
          parent,
          task,
          node: name,
          operator,
          key,
          value,
          timestamp,
          headers,
          origin,
        };
        this.#note(event);
        entered.push(id);
        this.#current = id;
      },
      leave: () => {
        entered.pop();
        this.#current = entered.at(-1);
      },
      dropped: (node, reason) => {
        // Of these two there is the failure itself.
        if (reason === 'failed' || reason === 'unreadable') return;
        this.#note({ type: 'drop', parent: this.#current, node, reason });
      },
      produced: (topic, record) => {
        const result: Writable<StepResult> = {
          type: 'result',
          parent: this.#current,
          topic,
          offset: -1,
          record,
        };
        this.#unplaced.set(record, result);
        this.#note(result);
      },
    };
  }

  failed(error: Error): void {
    this.#note({ type: 'failure', parent: this.#current, error });
  }

  /** Results have been committed: they have offsets now. */
  place(topic: string, made: readonly ProducerRecord[], placed: readonly LogRecord[]): void {
    const step = this.#steps.at(-1)!;
    for (const [index, record] of made.entries()) {
      const result = this.#unplaced.get(record);
      if (result === undefined) continue;
      this.#unplaced.delete(record);
      result.offset = placed[index]!.offset;
      this.#placed.set(placeOf(topic, result.offset), { step, result });
    }
  }

  resultAt(topic: string, offset: number): PlacedResult | undefined {
    return this.#placed.get(placeOf(topic, offset));
  }

  /** Notes what commits change in a store; the buffers of operators cannot be asked for rows. */
  watchStore(store: StateStore): void {
    if (store.queries === undefined) return;
    store.track();
    const rows = this.#rows.get(store.name) ?? new Map<string, unknown>();
    this.#rows.set(store.name, rows);
    (store.queries('committed') as StoreQueries).watch((changed) => {
      for (const { key, keyBytes, value, start, end } of changed) {
        const place = `${Buffer.from(keyBytes).toString('base64')} ${start ?? ''} ${end ?? ''}`;
        const window = start === undefined || end === undefined ? undefined : { start, end };
        const row: StepRow = {
          type: 'row',
          store: store.name,
          key,
          window,
          before: rows.get(place),
          after: value,
        };
        if (value === undefined) rows.delete(place);
        else rows.set(place, value);
        if (row.before !== undefined || row.after !== undefined) this.#note(row);
      }
    });
  }
}

function placeOf(topic: string, offset: number): string {
  return `${offset} ${topic}`;
}
