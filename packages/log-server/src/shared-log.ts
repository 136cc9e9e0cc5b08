import { EmbeddedLog, type EmbeddedLogOptions } from '@millrace/embedded-log';
import { kafkaLog, type KafkaLog } from '@millrace/kafka';
import {
  type GroupMember,
  type GroupOptions,
  isLogError,
  type LogAdmin,
  type LogCapabilities,
  type LogClient,
  LogError,
  type LogProducer,
  type LogProducerOptions,
  type LogReader,
  type Metric,
  type ReaderPosition,
  type RecordList,
} from '@millrace/log-client';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { LifeLine } from './life-line.ts';
import { listen, type LogServer } from './log-server.ts';
import { readOwner, writeOwner } from './owner-file.ts';

/** How long to wait for a log's owner to say where it listens, in milliseconds. */
const ownerTimeoutMs = 5000;
const retryDelayMs = 20;

export interface SharedLogOptions extends EmbeddedLogOptions {
  /** The folder of the log. All who name it share it. */
  readonly dir: string;
  /**
   * Whether this process opens the folder where nobody else has it, and takes it over when its owner ends.
   * Default true. Tools that come and go leave it to others.
   */
  readonly mayOwn?: boolean;
  /** As in {@link KafkaLogOptions}; default 3 seconds, and 45 seconds for the session. */
  readonly heartbeatIntervalMs?: number;
  readonly sessionTimeoutMs?: number;
}

/** What its owner has open. */
interface Owned {
  readonly log: EmbeddedLog;
  readonly server: LogServer;
}

/**
 * A log in a folder that several processes use at once. One of them owns it and serves the others, over
 * loopback; when it ends, in whatever way, another one takes over, and what was committed is there.
 */
export class SharedLog implements LogClient {
  readonly capabilities: LogCapabilities;
  readonly admin: LogAdmin;
  readonly #options: SharedLogOptions;
  /** False where the owner asks for none. */
  readonly #token: string | false;
  readonly #client: KafkaLog;
  readonly #lifeLine: LifeLine | undefined;
  #owned: Owned | undefined;
  #closing: Promise<void> | undefined;

  private constructor(options: SharedLogOptions, token: string | false, owned: Owned | undefined) {
    this.#options = options;
    this.#token = token;
    this.#owned = owned;
    const { dir, heartbeatIntervalMs, sessionTimeoutMs } = options;
    this.#client = kafkaLog({
      brokers: () => addressOf(dir),
      ...(token === false ? {} : { sasl: { mechanism: 'plain', username: 'millrace', password: token } }),
      ...(heartbeatIntervalMs === undefined ? {} : { heartbeatIntervalMs }),
      ...(sessionTimeoutMs === undefined ? {} : { sessionTimeoutMs }),
    });
    this.admin = this.#client.admin;
    this.capabilities = { ...this.#client.capabilities, deletesByAge: options.retentionTime === 'record' };
    if (options.mayOwn === false) return;
    this.#lifeLine = new LifeLine(
      () => readOwner(dir),
      () => this.#takeOver(),
    );
    if (owned === undefined) this.#lifeLine.hold();
  }

  /** @throws LogError `LOG_LOCKED` where another process has the folder and does not share it */
  static async open(options: SharedLogOptions): Promise<SharedLog> {
    const { dir, mayOwn = true } = options;
    const token = (await readOwner(dir))?.token ?? randomBytes(24).toString('base64url');
    const owned = mayOwn ? await own(options, token) : undefined;
    if (owned !== undefined) return new SharedLog(options, token, owned);
    const owner = await liveOwner(dir);
    return new SharedLog(options, owner.token ?? false, undefined);
  }

  /** Whether this process owns the folder at present. */
  get isOwner(): boolean {
    return this.#owned !== undefined;
  }

  /** The owner is gone: true once this process has the folder, or is closed. */
  async #takeOver(): Promise<boolean> {
    if (this.#closing !== undefined) return true;
    this.#owned = await own(this.#options, this.#token);
    return this.#owned !== undefined;
  }

  async #disown(): Promise<void> {
    const owned = this.#owned;
    this.#owned = undefined;
    await owned?.server.close();
    await owned?.log.close();
  }

  producer(options?: LogProducerOptions): Promise<LogProducer> {
    return this.#client.producer(options);
  }

  recordList(expectedBytes?: number): RecordList {
    return this.#client.recordList(expectedBytes);
  }

  reader(positions: readonly ReaderPosition[]): Promise<LogReader> {
    return this.#client.reader(positions);
  }

  join(options: GroupOptions): Promise<GroupMember> {
    return this.#client.join(options);
  }

  /** Of the log itself, where this process owns the folder. */
  readMetrics(): Metric[] {
    return this.#owned?.log.readMetrics() ?? [];
  }

  /** Releases the folder, if this process owns it: another one takes over. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#client.close();
    // It may be taking the folder over just now.
    await this.#lifeLine?.close();
    await this.#disown();
  }
}

/** Opens the folder and serves it; undefined where someone else has it. */
async function own(options: SharedLogOptions, token: string | false): Promise<Owned | undefined> {
  let log: EmbeddedLog;
  try {
    log = await EmbeddedLog.open(options);
  } catch (error) {
    if (isLogError(error, 'LOG_LOCKED')) return undefined;
    throw error;
  }
  let server: LogServer | undefined;
  try {
    const before = await readOwner(options.dir);
    server = await serve(log, token, before?.port);
    server.unref();
    await writeOwner(options.dir, {
      pid: process.pid,
      host: server.host,
      port: server.port,
      ...(token === false ? {} : { token }),
    });
  } catch (error) {
    await server?.close();
    await log.close();
    throw error;
  }
  return { log, server };
}

/** Where the one before was, if that port is free: clients find it at once. */
async function serve(log: EmbeddedLog, token: string | false, port: number | undefined): Promise<LogServer> {
  const server = port === undefined ? undefined : await listen(log, { token, port }).catch(() => undefined);
  return server ?? listen(log, { token });
}

async function addressOf(dir: string): Promise<readonly string[]> {
  const owner = await readOwner(dir);
  return owner === undefined ? [] : [`${owner.host}:${owner.port}`];
}

/** Waits until the owner of the folder accepts connections. @throws LogError `LOG_LOCKED` */
async function liveOwner(dir: string): Promise<{ readonly token?: string }> {
  const deadline = performance.now() + ownerTimeoutMs;
  for (;;) {
    const owner = await readOwner(dir);
    if (owner !== undefined && (await LifeLine.isAlive(owner))) return owner;
    if (performance.now() > deadline) {
      throw new LogError(
        'LOG_LOCKED',
        `The log in ${dir} is in use by a process that does not share it, or by none: open it with sharedLog there too, or serve it`,
      );
    }
    await sleep(retryDelayMs);
  }
}

/**
 * Opens a log that several processes use at once: an app, its web server, the command line. The first to come
 * owns the folder; when it ends another one takes over.
 */
export function sharedLog(options: SharedLogOptions): Promise<SharedLog> {
  return SharedLog.open(options);
}
