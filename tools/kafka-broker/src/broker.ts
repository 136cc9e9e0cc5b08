import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '@millrace/free-ports';
import { classPath, defaultVersion } from './jars.ts';
import {
  type BrokerSettings,
  credentials,
  keyStorePassword,
  log4j1,
  log4j2,
  type Ports,
  properties,
} from './properties.ts';

const startTimeoutMs = 90_000;

export interface BrokerOptions {
  readonly version?: string;
  /** Added to `server.properties`. */
  readonly settings?: BrokerSettings;
}

interface BrokerState {
  readonly version: string;
  readonly ports: Ports;
  /** While it runs. */
  pid?: number | undefined;
}

function must(command: string, args: readonly string[]): void {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} ${args[0]} failed: ${stdout}${stderr}`);
}

function makeCertificate(dir: string): void {
  const store = path.join(dir, 'broker.p12');
  const common = [
    '-keystore',
    store,
    '-storepass',
    keyStorePassword,
    '-storetype',
    'PKCS12',
    '-alias',
    'broker',
  ];
  must('keytool', [
    '-genkeypair',
    ...common,
    '-keypass',
    keyStorePassword,
    '-keyalg',
    'RSA',
    '-validity',
    '3650',
    '-dname',
    'CN=localhost',
    '-ext',
    'SAN=dns:localhost,ip:127.0.0.1',
  ]);
  must('keytool', ['-exportcert', '-rfc', '-file', path.join(dir, 'ca.pem'), ...common]);
}

/** A broker in a folder of its own, which it keeps over stops and starts, ports included. */
export class Broker {
  readonly #dir: string;
  readonly #state: BrokerState;
  readonly #classPath: string;

  private constructor(dir: string, state: BrokerState, jars: string) {
    this.#dir = dir;
    this.#state = state;
    this.#classPath = jars;
  }

  /** Prepares a broker, without starting it; takes up what is in the folder. */
  static async at(
    dir: string,
    { version = defaultVersion, settings = {} }: BrokerOptions = {},
  ): Promise<Broker> {
    const stateFile = path.join(dir, 'broker.json');
    if (existsSync(stateFile)) {
      const state = JSON.parse(readFileSync(stateFile, 'utf8')) as BrokerState;
      return new Broker(dir, state, await classPath(state.version));
    }
    const jars = await classPath(version);
    mkdirSync(dir, { recursive: true });
    const ports = { plain: await freePort(), secure: await freePort(), controller: await freePort() };
    const state: BrokerState = { version, ports };
    makeCertificate(dir);
    writeFileSync(path.join(dir, 'server.properties'), properties(dir, state.ports, settings));
    writeFileSync(path.join(dir, 'log4j.properties'), log4j1);
    writeFileSync(path.join(dir, 'log4j2.properties'), log4j2);
    const broker = new Broker(dir, state, jars);
    const users = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
      '--add-scram',
      `${mechanism}=[name=${credentials.username},password=${credentials.password}]`,
    ]);
    must('java', [
      ...broker.#java(),
      'kafka.tools.StorageTool',
      'format',
      '-t',
      'MkU3OEVBNTcwNTJENDM2Qk',
      '-c',
      path.join(dir, 'server.properties'),
      ...users,
    ]);
    broker.#save();
    return broker;
  }

  /** `host:port` of the plain listener. */
  get address(): string {
    return `127.0.0.1:${this.#state.ports.plain}`;
  }

  /** `host:port` of the listener with TLS and SASL. */
  get secureAddress(): string {
    return `127.0.0.1:${this.#state.ports.secure}`;
  }

  /** The certificate to trust for the secure listener, as a PEM file. */
  get caFile(): string {
    return path.join(this.#dir, 'ca.pem');
  }

  get logFile(): string {
    return path.join(this.#dir, 'server.log');
  }

  get pid(): number | undefined {
    return this.#state.pid;
  }

  get version(): string {
    return this.#state.version;
  }

  get running(): boolean {
    if (this.#state.pid === undefined) return false;
    try {
      process.kill(this.#state.pid, 0);
      return true;
    } catch {
      return false;
    }
  }

  async start(): Promise<void> {
    if (this.running) return;
    const out = openSync(this.logFile, 'w');
    const heap = process.env['KAFKA_HEAP'] ?? '768m';
    const child = spawn(
      'java',
      [`-Xmx${heap}`, ...this.#java(), 'kafka.Kafka', path.join(this.#dir, 'server.properties')],
      { stdio: ['ignore', out, out], detached: true },
    );
    child.unref();
    this.#state.pid = child.pid;
    this.#save();
    for (const deadline = Date.now() + startTimeoutMs; Date.now() < deadline; await sleep(100)) {
      if (/Kafka Server started/.test(readFileSync(this.logFile, 'utf8'))) return;
      if (child.exitCode !== null) break;
    }
    const tail = readFileSync(this.logFile, 'utf8').slice(-3000);
    await this.kill();
    throw new Error(
      `The broker did not start within ${startTimeoutMs / 1000} s. Its log ends with:\n${tail}`,
    );
  }

  /** Ends the broker as an operator would. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  /** Ends the broker as a power cut would. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Holds the broker's process; {@link resume} lets it go on. */
  pause(): void {
    process.kill(this.#state.pid!, 'SIGSTOP');
  }

  resume(): void {
    process.kill(this.#state.pid!, 'SIGCONT');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const { pid } = this.#state;
    if (pid === undefined) return;
    if (this.running) process.kill(pid, signal);
    for (const deadline = Date.now() + 60_000; this.running; await sleep(50)) {
      if (Date.now() > deadline) process.kill(pid, 'SIGKILL');
    }
    this.#state.pid = undefined;
    this.#save();
  }

  /** Stops it and removes all it has kept. */
  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.#dir, { recursive: true, force: true, maxRetries: 5 });
  }

  #java(): string[] {
    return [
      '-Djava.awt.headless=true',
      `-Dlog4j.configuration=file:${path.join(this.#dir, 'log4j.properties')}`,
      `-Dlog4j2.configurationFile=file:${path.join(this.#dir, 'log4j2.properties')}`,
      `-Dkafka.logs.dir=${path.join(this.#dir, 'logs')}`,
      '-cp',
      this.#classPath,
    ];
  }

  #save(): void {
    writeFileSync(path.join(this.#dir, 'broker.json'), JSON.stringify(this.#state));
  }
}
