import {
  type GroupMember,
  type GroupOptions,
  isLogError,
  LogError,
  type LogAdmin,
  type LogCapabilities,
  type LogClient,
  type LogProducer,
  type LogProducerOptions,
  type LogReader,
  type Metric,
  type ReaderPosition,
  type RecordList,
} from '@millrace/log-client';
import { newRecordList } from './encode/record-list.ts';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { EmbeddedAdmin } from './admin.ts';
import type { CompactionStats, Compactor } from './compaction/compactor.ts';
import type { FileSystem } from './files/file-system.ts';
import { MemoryFileSystem } from './files/memory-file-system.ts';
import { NodeFileSystem } from './files/node-file-system.ts';
import { GroupCoordinator } from './group/coordinator.ts';
import { EmbeddedMember } from './group/member.ts';
import { EmbeddedProducer } from './producer.ts';
import { RawLog } from './raw/raw-log.ts';
import type { EmbeddedLogOptions } from './options.ts';
import { EmbeddedReader } from './reader.ts';
import { ThreadOwner } from './threads/thread-owner.ts';
import type { CommitWriter } from './storage/commit/commit-writer.ts';
import { ioError } from './storage/io-error.ts';
import { readLogMetrics } from './log-metrics.ts';
import { type LogParts, openParts } from './open-parts.ts';
import type { LogCounters } from './storage/log-counters.ts';
import { Housekeeping } from './storage/housekeeping.ts';
import type { LogState } from './storage/log-state.ts';
import type { OpenFiles } from './storage/segments/open-files.ts';

const mebibyte = 1 << 20;
/** How often silent members are looked for, in milliseconds. */
const expiryCheckMs = 200;

/**
 * A durable, partitioned, transactional log in a folder, for the process that opens it. Commits are atomic
 * over all partitions and consumer offsets; after a crash at any moment the log holds a prefix of the
 * commits.
 */
export class EmbeddedLog implements LogClient {
  readonly capabilities: LogCapabilities;
  readonly admin: LogAdmin;
  /** The log as a server of Kafka's protocol sees it: batches as they are. */
  readonly raw: RawLog;
  readonly #state: LogState;
  readonly #writer: CommitWriter;
  readonly #counters: LogCounters;
  readonly #readers = new Set<EmbeddedReader>();
  readonly #threads = new Set<ThreadOwner>();
  readonly #files: OpenFiles;
  readonly #groups = new Map<string, GroupCoordinator>();
  readonly #epochs = new Map<string, number>();
  readonly #maxRecordBytes: number;
  readonly #housekeeping: Housekeeping;
  readonly #compactor: Compactor;
  readonly #stopCompaction: () => Promise<void>;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #unlock: () => Promise<void>;
  #watching = false;
  #closing: Promise<void> | undefined;

  /**
   * Opens the log in a folder, and makes the folder if it is not there.
   * @throws LogError `LOG_LOCKED` when someone else has it open, `LOG_CORRUPT` when durable data is damaged
   */
  static open(options: EmbeddedLogOptions & { readonly dir: string }): Promise<EmbeddedLog> {
    return EmbeddedLog.openOn(new NodeFileSystem(options.dir), options);
  }

  /** A log that lives in memory and is gone with this object; the same code, without a disk. */
  static inMemory(
    options: Omit<EmbeddedLogOptions, 'durability' | 'syncIntervalMs' | 'directBytes' | 'onUpgrade'> = {},
  ): Promise<EmbeddedLog> {
    return EmbeddedLog.openOn(new MemoryFileSystem(), {
      ...options,
      durability: 'os',
    });
  }

  /** Opens a log on a file system of your own. */
  static async openOn(fileSystem: FileSystem, options: EmbeddedLogOptions = {}): Promise<EmbeddedLog> {
    const unlock = await fileSystem.lock();
    try {
      const log = new EmbeddedLog(await openParts(fileSystem, options), unlock, options);
      await log.raw.transactions.abortLeftOpen();
      return log;
    } catch (error) {
      await unlock();
      throw isLogError(error) ? error : ioError(error, 'open the log', fileSystem.location);
    }
  }

  private constructor(parts: LogParts, unlock: () => Promise<void>, options: EmbeddedLogOptions) {
    const { state, writer, counters, files, compactor } = parts;
    this.#counters = counters;
    this.#compactor = compactor;
    this.#stopCompaction = parts.stopCompaction;
    const { retentionTime = 'append' } = options;
    this.capabilities = {
      deletesByAge: retentionTime === 'record',
      isDurable: parts.isDurable,
      commitPauseMs: 0,
    };
    this.#state = state;
    this.#writer = writer;
    this.#files = files;
    this.#unlock = unlock;
    this.#maxRecordBytes = options.maxRecordBytes ?? 8 * mebibyte;
    this.raw = new RawLog({
      state,
      writer,
      maxBatchBytes: this.#maxRecordBytes,
      location: files.location,
      nativeMembers: (group) => this.#groups.get(group)?.size ?? 0,
      now: options.now ?? Date.now,
    });
    this.admin = new EmbeddedAdmin(state, writer, {
      onTopicsChanged: (deleted) => {
        this.#wakeReaders();
        for (const group of this.#groups.values()) {
          group.forget(deleted);
          if (!group.isEmpty) group.rebalance();
        }
      },
      members: () => this.#members(),
      snapshot: (group) => this.#groups.get(group)?.snapshot() ?? this.raw.clientGroup(group),
    });
    this.#housekeeping = new Housekeeping({
      state,
      writer,
      compactor,
      retentionTime,
      counters,
      now: options.now ?? Date.now,
    });
    const { housekeepingMs = 1000 } = options;
    if (Number.isFinite(housekeepingMs)) {
      // A log that cannot be written reports it at the next commit.
      this.#every(housekeepingMs, () => void this.clean().catch(() => {}));
    }
    if (options.durability === 'interval') {
      // A failed sync poisons the log; the next commit reports it.
      this.#every(options.syncIntervalMs ?? 100, () => void writer.sync().catch(() => {}));
    }
  }

  /** How many members each group has, in this process or over a protocol. */
  #members(): Map<string, number> {
    const names = [...this.#groups.keys(), ...this.raw.clientGroups()];
    const counts = names.map((name): [string, number] => [
      name,
      this.raw.nativeMembers(name) + this.raw.clientGroup(name).members.length,
    ]);
    return new Map(counts.filter(([, members]) => members > 0));
  }

  #every(ms: number, action: () => void): void {
    this.#timers.push(setInterval(action, ms).unref());
  }

  async producer(options: LogProducerOptions = {}): Promise<LogProducer> {
    return this.#newProducer(options);
  }

  #newProducer({ transactionalId }: LogProducerOptions): EmbeddedProducer {
    let isFenced = () => false;
    if (transactionalId !== undefined) {
      const epoch = (this.#epochs.get(transactionalId) ?? 0) + 1;
      this.#epochs.set(transactionalId, epoch);
      isFenced = () => this.#epochs.get(transactionalId) !== epoch;
    }
    return new EmbeddedProducer({
      state: this.#state,
      writer: this.#writer,
      group: (name) => this.#group(name),
      maxRecordBytes: this.#maxRecordBytes,
      isFenced,
    });
  }

  recordList(expectedBytes?: number): RecordList {
    return newRecordList(expectedBytes);
  }

  async reader(positions: readonly ReaderPosition[]): Promise<LogReader> {
    const reader = this.#newReader();
    for (const position of positions) reader.add(position, { paused: false });
    return reader;
  }

  async join(options: GroupOptions): Promise<GroupMember> {
    const coordinator = this.#groupToJoin(options.group);
    return new EmbeddedMember(coordinator, this.#newReader(), await this.producer(), options);
  }

  #groupToJoin(group: string): GroupCoordinator {
    this.#watchMembers();
    if (this.raw.clientGroup(group).members.length === 0) return this.#group(group);
    throw new LogError(
      'LOG_FENCED',
      `Group "${group}" has members that joined as Kafka clients: all members of a group join in the same way`,
    );
  }

  /**
   * A port for another thread of this process: transfer it to a worker, and open the log there with
   * `threadLog(port)`. When that thread ends its members leave their groups.
   */
  threadPort(): MessagePort {
    if (this.#closing !== undefined) throw new LogError('LOG_CLOSED', 'This log is closed');
    const { port1, port2 } = new MessageChannel();
    const owner = new ThreadOwner(port1, {
      capabilities: this.capabilities,
      admin: this.admin,
      state: this.#state,
      isClosed: () => this.#closing !== undefined,
      producer: (options) => this.#newProducer(options),
      group: (name) => this.#groupToJoin(name),
      onClose: (closed) => this.#threads.delete(closed),
    });
    this.#threads.add(owner);
    return port2;
  }

  #watchMembers(): void {
    if (this.#watching) return;
    this.#watching = true;
    this.#every(expiryCheckMs, () => {
      const now = performance.now();
      for (const group of this.#groups.values()) group.expire(now);
    });
  }

  /** Makes every commit so far durable, whatever the durability. */
  flush(): Promise<void> {
    return this.#writer.sync();
  }

  /** What it has done since it was opened, and what it holds; see `logMetricCatalogue`. */
  readMetrics(): Metric[] {
    return readLogMetrics({
      counters: this.#counters,
      compaction: this.#compactor.stats,
      state: this.#state,
      ...this.#writer.backlog,
    });
  }

  /** What compaction has done since the log was opened. */
  get compactionStats(): CompactionStats {
    return this.#compactor.stats;
  }

  /** Deletes what topics keep no longer and compacts those that it is time for, now. */
  clean(): Promise<void> {
    return this.#housekeeping.run();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.#stopCompaction();
    // A pass that runs here writes files: not once the folder may have another owner.
    await this.#housekeeping.idle();
    // They throw LOG_CLOSED then.
    this.#wakeReaders();
    for (const thread of this.#threads) thread.close();
    this.#state.close();
    try {
      await this.#writer.close();
    } finally {
      this.#files.close();
      await this.#unlock();
    }
  }

  #wakeReaders(): void {
    for (const reader of this.#readers) reader.onAppend();
    for (const thread of this.#threads) thread.wake();
  }

  #newReader(): EmbeddedReader {
    const reader = new EmbeddedReader({
      find: (topic, partition) => this.#state.partition(topic, partition),
      isLogClosed: () => this.#closing !== undefined,
      onClose: (closed) => this.#readers.delete(closed),
    });
    this.#readers.add(reader);
    return reader;
  }

  #group(name: string): GroupCoordinator {
    let group = this.#groups.get(name);
    if (group === undefined) {
      const partitions = (topic: string): number => this.#state.topics.get(topic)?.partitions ?? 0;
      group = new GroupCoordinator(name, partitions, () => this.#wakeReaders());
      this.#groups.set(name, group);
    }
    return group;
  }
}
