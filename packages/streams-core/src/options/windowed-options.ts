import type { Lateness } from '../operators/aggregate/late.ts';
import type { StreamRecord } from '../record/record.ts';
import type { SinkTopic } from '../serde/topic.ts';
import type { EmitStrategy } from '../windows/emit-strategy.ts';

/** What to do with a late record: call back with it, or write it to a topic. */
export type OnLate<K, V> =
  | ((record: StreamRecord<K, V>, lateness: Lateness) => void | Promise<void>)
  | SinkTopic<K, V>;

/** How a windowed aggregation sends its results, and what happens to late records. */
export interface WindowingOptions<K, V> {
  /** Default: at every change. */
  readonly emit?: EmitStrategy;
  /**
   * Results that are sent when their window closes have the headers of the last record in it, and with them
   * the trace of that, in place of those of the record that closed it. Default false, as in Kafka Streams.
   */
  readonly keepHeaders?: boolean;
  /** Gets late records, once for each window they are too late for. They are counted in any case. */
  readonly onLate?: OnLate<K, V>;
}
