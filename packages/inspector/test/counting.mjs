import { integer, StreamsBuilder, string, topic } from '@millrace/streams-core';

/** Counts words, in any process. */
export function countingTopology() {
  const builder = new StreamsBuilder();
  builder
    .stream(topic('words', { key: string(), value: string() }))
    .groupByKey()
    .count({ as: 'counts' })
    .toStream()
    .to(topic('totals', { key: string(), value: integer() }));
  return builder.build();
}
