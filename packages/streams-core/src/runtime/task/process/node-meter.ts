import type { Forward, StreamRecord } from '../../../record/record.ts';

/** What has come to a node. */
export interface NodeCount {
  records: number;
  /** So many of them were timed, */
  timed: number;
  /** and took so long at this node, without those below it. In milliseconds. */
  timedMs: number;
  /** The last ones, from `records % keptRecords` on. */
  readonly last: StreamRecord<unknown, unknown>[];
}

/** So many of a node's last records are kept. */
const keptRecords = 8;

/** One record in so many is timed, at each node on its way. */
const every = 16;

/** What has come to a node from one of its parents. */
export interface EdgeCount {
  readonly from: string;
  readonly to: string;
  records: number;
}

/** Counts the records of a task's nodes, and times some. */
export class NodeMeter {
  readonly counts = new Map<string, NodeCount>();
  /** For nodes with several parents. */
  readonly edges: EdgeCount[] = [];
  /** How many nodes the record under way is in. */
  #depth = 0;
  #turn = 0;
  #isTimed = false;
  /** What the nodes below the present one have taken, in milliseconds. */
  #belowMs = 0;

  /** A node that is counted. */
  metered(name: string, run: Forward): Forward {
    const count: NodeCount = { records: 0, timed: 0, timedMs: 0, last: [] };
    this.counts.set(name, count);
    const { last } = count;
    return (record) => {
      last[count.records++ % keptRecords] = record;
      if (this.#depth === 0) this.#isTimed = this.#turn++ % every === 0;
      this.#depth++;
      const pending = this.#isTimed ? this.#timed(count, () => run(record)) : run(record);
      if (pending === undefined) {
        this.#depth--;
        return;
      }
      return pending.finally(() => {
        this.#depth--;
      });
    };
  }

  /** The last records that came to a node, the newest first. */
  lastOf(name: string): StreamRecord<unknown, unknown>[] {
    const { records = 0, last = [] } = this.counts.get(name) ?? {};
    const next = last.length < keptRecords ? 0 : records % keptRecords;
    return [...last.slice(next), ...last.slice(0, next)].reverse();
  }

  /** What one of several parents of a node sends to it. */
  edge(from: string, to: string, run: Forward): Forward {
    const count: EdgeCount = { from, to, records: 0 };
    this.edges.push(count);
    return (record) => {
      count.records++;
      return run(record);
    };
  }

  #timed(count: NodeCount, run: () => void | Promise<void>): void | Promise<void> {
    const besideMs = this.#belowMs;
    this.#belowMs = 0;
    const start = performance.now();
    const pending = run();
    const tookMs = performance.now() - start;
    // What waits for something else takes no time of this node's.
    if (pending === undefined) {
      count.timed++;
      count.timedMs += tookMs - this.#belowMs;
    }
    this.#belowMs = besideMs + tookMs;
    return pending;
  }
}
