import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Broker } from '@millrace/kafka-broker';

/** A broker that a test may stop, hold or kill: not the one that all tests share. */
export async function ownBroker(): Promise<Broker> {
  const dir = path.join(mkdtempSync(path.join(tmpdir(), 'own-broker-')), 'broker');
  const version = process.env['KAFKA_VERSION'];
  const broker = await Broker.at(dir, version === undefined ? {} : { version });
  await broker.start();
  return broker;
}
