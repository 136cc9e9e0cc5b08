import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Broker, type BrokerSettings } from '@millrace/kafka-broker';

/** A broker that a test may stop, hold or kill: not the one that all tests share. */
export async function ownBroker(settings: BrokerSettings = {}): Promise<Broker> {
  const dir = path.join(mkdtempSync(path.join(tmpdir(), 'own-broker-')), 'broker');
  const version = process.env['KAFKA_VERSION'];
  const broker = await Broker.at(dir, { settings, ...(version === undefined ? {} : { version }) });
  await broker.start();
  return broker;
}
