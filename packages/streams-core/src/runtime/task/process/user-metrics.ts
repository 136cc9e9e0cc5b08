import { TopologyError } from '../../../errors.ts';
import type { MetricOptions, MetricsContext, UserCounter, UserTiming } from '../../../topology/processor.ts';
import { Timing, type TimingFigures } from '../timing.ts';

/** What a processor measures, as it is read: a number, or the figures of a timing. */
export interface UserMetric {
  readonly name: string;
  readonly kind: 'counter' | 'gauge' | 'timing';
  readonly description: string;
  readonly node: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly read: () => number | TimingFigures;
}

/** The metrics that the processors of a task have made. */
export class UserMetrics {
  readonly #metrics = new Map<string, UserMetric>();

  get all(): readonly UserMetric[] {
    return [...this.#metrics.values()];
  }

  /** What one node may measure. */
  of(node: string): MetricsContext {
    const add = (
      name: string,
      kind: UserMetric['kind'],
      options: MetricOptions,
      read: UserMetric['read'],
    ): void => {
      if (!/^[a-z][a-z0-9_-]*$/i.test(name)) {
        throw new TopologyError(
          'TOPOLOGY_INVALID',
          `Processor "${node}": "${name}" is no name for a metric: letters, digits, "-" and "_", a letter first`,
        );
      }
      const { description = name, tags = {} } = options;
      const id = JSON.stringify([
        node,
        name,
        Object.entries(tags).toSorted(([a], [b]) => a.localeCompare(b)),
      ]);
      if (this.#metrics.has(id)) {
        throw new TopologyError(
          'TOPOLOGY_NAME_TAKEN',
          `Processor "${node}" has a metric "${name}" with these tags already: make each once, where the processor is made`,
        );
      }
      this.#metrics.set(id, { name, kind, description, node, tags, read });
    };
    return {
      counter: (name, options = {}): UserCounter => {
        let total = 0;
        add(name, 'counter', options, () => total);
        return {
          add: (count = 1) => {
            total += count;
          },
        };
      },
      gauge: (name, read, options = {}) => add(name, 'gauge', options, read),
      timing: (name, options = {}): UserTiming => {
        const timing = new Timing();
        add(name, 'timing', options, () => timing.read());
        return { record: (ms) => timing.record(ms) };
      },
    };
  }
}
