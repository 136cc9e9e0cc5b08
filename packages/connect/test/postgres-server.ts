import { execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '@millrace/free-ports';
import pg from 'pg';

/** Where Debian's packages put the servers, by version. */
const debian = '/usr/lib/postgresql';

/** The newest server that is installed; undefined where there is none, or this user may not run one. */
export const postgresBin = ((): string | undefined => {
  const versions = existsSync(debian) ? readdirSync(debian).toSorted((a, b) => Number(b) - Number(a)) : [];
  const bin = versions
    .map((version) => path.join(debian, version, 'bin'))
    .find((dir) => existsSync(`${dir}/initdb`));
  // A server does not run as root: then another user has to be there.
  return bin !== undefined && (process.getuid?.() !== 0 || uidOf('postgres') !== undefined) ? bin : undefined;
})();

function uidOf(user: string): number | undefined {
  try {
    return Number(execFileSync('id', ['-u', user], { stdio: ['ignore', 'pipe', 'ignore'] }).toString());
  } catch {
    return undefined;
  }
}

/** A command as the user that servers run as. */
function asServerUser(command: string, args: readonly string[]): [string, string[]] {
  if (process.getuid?.() !== 0) return [command, [...args]];
  return ['runuser', ['-u', 'postgres', '--', command, ...args]];
}

export interface PostgresServer {
  readonly connectionString: string;
  close(): Promise<void>;
}

/** A server of its own, on loopback, in a folder that goes with it. */
export async function startPostgres(bin: string): Promise<PostgresServer> {
  const dir = mkdtempSync(path.join(tmpdir(), 'millrace-postgres-'));
  const uid = process.getuid?.() === 0 ? uidOf('postgres') : undefined;
  if (uid !== undefined) chownSync(dir, uid, -1);
  const initdb = ['-D', dir, '-A', 'trust', '-U', 'postgres', '--no-sync', '-E', 'UTF8'];
  execFileSync(...asServerUser(`${bin}/initdb`, initdb), {
    stdio: ['ignore', 'ignore', 'inherit'],
    cwd: tmpdir(),
  });
  const port = await freePort();
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    fsync: 'off',
    log_min_messages: 'panic',
    // What Debezium reads the log by.
    wal_level: 'logical',
  };
  const args = [
    '-D',
    dir,
    '-p',
    String(port),
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
  const server = spawn(...asServerUser(`${bin}/postgres`, args), { stdio: 'ignore', cwd: tmpdir() });
  const connectionString = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const close = async (): Promise<void> => {
    const ended = new Promise((resolve) => server.once('exit', resolve));
    execFileSync(...asServerUser(`${bin}/pg_ctl`, ['stop', '-D', dir, '-m', 'immediate']), {
      stdio: 'ignore',
      cwd: tmpdir(),
    });
    await ended;
    rmSync(dir, { recursive: true, force: true });
  };
  for (let tries = 0; ; tries++) {
    const client = new pg.Client({ connectionString });
    try {
      await client.connect();
      await client.end();
      return { connectionString, close };
    } catch (error) {
      if (tries > 200) throw error;
      await sleep(50);
    }
  }
}

/** A server of the test's own, and connections to it. */
export async function openPostgres(): Promise<{
  readonly pool: pg.Pool;
  readonly close: () => Promise<void>;
}> {
  const server = await startPostgres(postgresBin!);
  const pool = new pg.Pool({ connectionString: server.connectionString });
  // Of connections that a test cuts.
  pool.on('error', () => {});
  return {
    pool,
    close: async () => {
      await pool.end();
      await server.close();
    },
  };
}
