// npm run kafka: one Apache Kafka broker on loopback, from Kafka's own jars.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Broker, cacheDir, credentials, defaultVersion, missingTools } from './index.ts';

const help = `usage: npm run kafka [-- start | stop | status | wipe] [-- --version ${defaultVersion}]

  start    get the jars (once), start a broker on a free port of 127.0.0.1, print its address (default)
  stop     end it; its topics are kept
  status   say whether it runs
  wipe     end it and remove its topics

  --version V   a Kafka version, e.g. 3.9.2 (default ${defaultVersion}); each has a broker of its own`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { version: { type: 'string', default: defaultVersion }, help: { type: 'boolean', short: 'h' } },
  });
  const [command = 'start', ...rest] = positionals;
  if (values.help) return console.log(help);
  if (rest.length > 0 || !['start', 'stop', 'status', 'wipe'].includes(command)) {
    throw new Error(`unknown command "${positionals.join(' ')}"\n\n${help}`);
  }
  const dir = path.join(cacheDir, values.version, 'broker');
  if (command !== 'start' && !existsSync(dir)) return console.log('no broker');
  const missing = missingTools();
  if (missing !== undefined)
    throw new Error(`Kafka needs ${missing}, which ${missing.includes(' and ') ? 'are' : 'is'} not here`);
  const broker = await Broker.at(dir, { version: values.version });
  if (command === 'stop') await broker.stop();
  else if (command === 'wipe') await broker.remove();
  else if (command === 'start') await broker.start();
  if (!broker.running) return console.log('stopped');
  const { username, password } = credentials;
  console.log(`Apache Kafka ${broker.version} runs as process ${broker.pid}
  KAFKA_BROKERS=${broker.address}
  TLS and SASL: ${broker.secureAddress} (user ${username}, password ${password}, certificate ${broker.caFile})
  log: ${broker.logFile}`);
}

try {
  await main();
} catch (error) {
  console.error(`error: ${(error as Error).message}`);
  process.exitCode = 1;
}
