import { bytes, type Topology, topic } from '@millrace/streams-core';
import { TopologyTestDriver } from '../topology-test-driver.ts';
import type { Recording } from './recording.ts';

export interface ReplayOptions {
  readonly applicationId?: string;
  /** Called now and then with how many entries have been replayed. */
  readonly onProgress?: (done: number) => void;
}

/**
 * Gives a topology what was recorded, with one partition for each topic, and resolves to the driver with its
 * steps. The same recording makes the same steps, where user code gives the same for the same. What fails is
 * noted in its step, and left out.
 */
export async function replay(
  topology: Topology,
  { entries }: Recording,
  { applicationId, onProgress }: ReplayOptions = {},
): Promise<TopologyTestDriver> {
  const driver = new TopologyTestDriver(topology, {
    ...(applicationId === undefined ? {} : { applicationId }),
    steps: true,
    deserializationExceptionHandler: () => 'continue',
    processingExceptionHandler: () => 'continue',
    productionExceptionHandler: () => 'continue',
  });
  for (const [index, entry] of entries.entries()) {
    if ('record' in entry) {
      const { key, value, ...placed } = entry.record;
      const input = driver.createInputTopic(topic(entry.topic, { key: bytes(), value: bytes() }));
      input.pipeInput(key, value, placed);
    } else if ('restart' in entry) driver.restart();
    else driver.advanceWallClockTime(entry.advanceMs);
    await driver.settled();
    if (index % 1000 === 0) onProgress?.(index);
  }
  return driver;
}
