import type { Topic, Topology } from 'millrace';
import { TopologyTestDriver } from 'millrace/testing';
import { onTestFinished } from 'vitest';

/** A topology under test: a way to put records in, and what has come out since. */
export function running(topology: Topology) {
  const driver = new TopologyTestDriver(topology);
  onTestFinished(() => driver.close());
  return {
    pipe: <K, V>(to: Topic<K, V>, key: NoInfer<K>, value: NoInfer<V> | null, timestamp = 0): void =>
      driver.createInputTopic(to).pipeInput(key, value, { timestamp }),
    read: <K, V>(from: Topic<K, V>) => driver.createOutputTopic(from).readKeyValuesToList(),
    settled: () => driver.settled(),
  };
}
