// Clients for Python, installed into an environment of their own.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { isThere, run, tail } from '../run.ts';
import { ServedLog } from '../served-log.ts';
import { failed, passed, type Suite } from '../suite.ts';

const environment = fileURLToPath(new URL('../../../../.millrace/clients/python', import.meta.url));
const python = path.join(environment, 'bin/python');
const folder = fileURLToPath(new URL('../../python', import.meta.url));

async function install(name: string): Promise<void> {
  if (!existsSync(python)) {
    const made = await run('python3', ['-m', 'venv', environment]);
    if (made.status !== 0) throw new Error(tail(made));
  }
  const installed = await run(python, ['-m', 'pip', 'install', '-q', name]);
  if (installed.status !== 0) throw new Error(tail(installed));
}

function roundTrip(name: string, script: string): Suite {
  return {
    name: `${name}: round trip with transactions`,
    missing: () => (isThere('python3', '-m', 'venv', '--help') ? undefined : 'Python 3 with venv'),
    run: async () => {
      await install(name);
      const served = await ServedLog.start();
      try {
        const ran = await run(python, [path.join(folder, script), served.address], { timeoutMs: 120_000 });
        return ran.output.includes('round trip ok') ? passed(1) : failed(tail(ran, 20));
      } finally {
        await served.remove();
      }
    },
  };
}

export const pythonSuites: readonly Suite[] = [
  roundTrip('confluent-kafka', 'confluent.py'),
  roundTrip('aiokafka', 'aio.py'),
];
