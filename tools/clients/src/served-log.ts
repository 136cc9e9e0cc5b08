import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '@millrace/free-ports';

/** The command of this workspace. */
export const millrace = fileURLToPath(new URL('../../../packages/cli/bin/millrace.js', import.meta.url));

/** A log in a folder of its own, served by a process of its own that can be killed and started again. */
export class ServedLog {
  readonly dir: string;
  readonly port: number;
  readonly #args: readonly string[];
  #process: ChildProcess | undefined;

  private constructor(dir: string, port: number, args: readonly string[]) {
    this.dir = dir;
    this.port = port;
    this.#args = args;
  }

  static async start(...args: readonly string[]): Promise<ServedLog> {
    const dir = mkdtempSync(path.join(tmpdir(), 'millrace-clients-'));
    const served = new ServedLog(dir, await freePort(), args);
    await served.restart();
    return served;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Resolves once it takes clients. */
  async restart(): Promise<void> {
    const args = [millrace, 'serve', this.dir, '--port', String(this.port), '--no-token', ...this.#args];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#process = child;
    await new Promise<void>((resolve, reject) => {
      child.once('exit', () => reject(new Error('the server ended before it was ready')));
      child.stdout.once('data', () => resolve());
    });
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#process!;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  }

  async remove(): Promise<void> {
    await this.kill('SIGTERM');
    rmSync(this.dir, { recursive: true, force: true });
  }
}
