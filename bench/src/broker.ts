import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Broker, type BrokerOptions, defaultVersion, missingTools } from '@millrace/kafka-broker';

/** A Kafka broker with data of its own, for a bench that was called with --kafka. */
export async function startBroker(settings: BrokerOptions['settings'] = {}): Promise<Broker> {
  const missing = missingTools();
  if (missing !== undefined) throw new Error(`--kafka needs ${missing}`);
  const dir = await mkdtemp(path.join(tmpdir(), 'millrace-broker-'));
  const broker = await Broker.at(dir, { version: defaultVersion, settings });
  await broker.start();
  return broker;
}
