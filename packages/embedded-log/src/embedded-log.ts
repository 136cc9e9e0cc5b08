import {
  type GroupMember,
  type GroupOptions,
  isLogError,
  type LogAdmin,
  type LogCapabilities,
  type LogClient,
  type LogProducer,
  type LogReader,
  type ReaderPosition,
} from '@millrace/log-client';
import { EmbeddedAdmin } from './admin.ts';
import type { FileSystem } from './files/file-system.ts';
import { MemoryFileSystem } from './files/memory-file-system.ts';
import { NodeFileSystem } from './files/node-file-system.ts';
import { GroupCoordinator } from './group/coordinator.ts';
import { EmbeddedMember } from './group/member.ts';
import { EmbeddedProducer } from './producer.ts';
import { AppendSignal, EmbeddedReader } from './reader.ts';
import { Checkpointer } from './storage/checkpointer.ts';
import { CommitWriter, type Durability } from './storage/commit-writer.ts';
import { ioError } from './storage/journal.ts';
import type { LogState } from './storage/log-state.ts';
import { OpenFiles } from './storage/open-files.ts';
import { recover } from './storage/recovery.ts';

const mebibyte = 1 << 20;
/** How often silent members are looked for, in milliseconds. */
const expiryCheckMs = 200;

export interface EmbeddedLogOptions {
  /**
   * When a commit is acknowledged. `commit` (default): once it is synced to the device; nothing acknowledged
   * is ever lost. `interval`: once written, with a sync every `syncIntervalMs`; a power loss may take that
   * much. `os`: once written; the system syncs when it likes. A killed process loses nothing at any level.
   */
  readonly durability?: Durability;
  /** For `durability: 'interval'`, in milliseconds. Default 100. */
  readonly syncIntervalMs?: number;
  /** The journal's size at which it is written out to segments, in bytes. Default 32 MiB. */
  readonly checkpointBytes?: number;
  /** The size from which a segment file is not continued, in bytes. Default 64 MiB. */
  readonly segmentBytes?: number;
  /** The largest record, in bytes with its key, value and headers. Default 8 MiB. */
  readonly maxRecordBytes?: number;
  /** The largest commit, in bytes. Default 256 MiB. */
  readonly maxTransactionBytes?: number;
}

/** What an open log is made of. */
interface Parts {
  readonly state: LogState;
  readonly writer: CommitWriter;
  readonly signal: AppendSignal;
  readonly files: OpenFiles;
  readonly unlock: () => Promise<void>;
}

/**
 * A durable, partitioned, transactional log in a folder, for the process that opens it. Commits are atomic
 * over all partitions and consumer offsets; after a crash at any moment the log holds a prefix of the
 * commits.
 */
export class EmbeddedLog implements LogClient {
  readonly capabilities: LogCapabilities = {
    groupFencedOffsets: true,
    deletesByAge: false,
    commitPauseMs: 0,
  };
  readonly admin: LogAdmin;
  readonly #state: LogState;
  readonly #writer: CommitWriter;
  readonly #signal: AppendSignal;
  readonly #files: OpenFiles;
  readonly #groups = new Map<string, GroupCoordinator>();
  readonly #epochs = new Map<string, number>();
  readonly #maxRecordBytes: number;
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
    options: Pick<EmbeddedLogOptions, 'maxRecordBytes' | 'maxTransactionBytes'> = {},
  ): Promise<EmbeddedLog> {
    return EmbeddedLog.openOn(new MemoryFileSystem(), {
      ...options,
      durability: 'os',
      checkpointBytes: Number.POSITIVE_INFINITY,
    });
  }

  /** Opens a log on a file system of your own. */
  static async openOn(fileSystem: FileSystem, options: EmbeddedLogOptions = {}): Promise<EmbeddedLog> {
    const unlock = await fileSystem.lock();
    try {
      const files = new OpenFiles(fileSystem);
      const { state, journal, generation, footprint, hasLeftovers } = await recover(fileSystem, files);
      const segmentBytes = options.segmentBytes ?? 64 * mebibyte;
      const signal = new AppendSignal();
      const writer = new CommitWriter({
        fileSystem,
        state,
        journal,
        checkpointer: new Checkpointer({ fileSystem, files, segmentBytes, generation, footprint }),
        durability: options.durability ?? 'commit',
        checkpointBytes: options.checkpointBytes ?? 32 * mebibyte,
        maxTransactionBytes: options.maxTransactionBytes ?? 256 * mebibyte,
        onApplied: () => signal.notify(),
        hasLeftovers,
      });
      return new EmbeddedLog({ state, writer, signal, files, unlock }, options);
    } catch (error) {
      await unlock();
      throw isLogError(error) ? error : ioError(error, 'open the log', fileSystem.location);
    }
  }

  private constructor(parts: Parts, options: EmbeddedLogOptions) {
    const { state, writer, signal, files, unlock } = parts;
    this.#state = state;
    this.#writer = writer;
    this.#signal = signal;
    this.#files = files;
    this.#unlock = unlock;
    this.#maxRecordBytes = options.maxRecordBytes ?? 8 * mebibyte;
    this.admin = new EmbeddedAdmin(state, writer, {
      onTopicsChanged: (deleted) => {
        for (const group of this.#groups.values()) {
          group.forget(deleted);
          if (!group.isEmpty) group.rebalance();
        }
      },
      members: () =>
        new Map(
          [...this.#groups].filter(([, { isEmpty }]) => !isEmpty).map(([name, { size }]) => [name, size]),
        ),
    });
    if (options.durability === 'interval') {
      // A failed sync poisons the log; the next commit reports it.
      this.#every(options.syncIntervalMs ?? 100, () => void writer.sync().catch(() => {}));
    }
  }

  #every(ms: number, action: () => void): void {
    this.#timers.push(setInterval(action, ms).unref());
  }

  async producer(options: { readonly transactionalId?: string } = {}): Promise<LogProducer> {
    const { transactionalId } = options;
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

  async reader(positions: readonly ReaderPosition[]): Promise<LogReader> {
    const reader = this.#newReader();
    for (const position of positions) reader.add(position, { paused: false });
    return reader;
  }

  async join(options: GroupOptions): Promise<GroupMember> {
    this.#watchMembers();
    return new EmbeddedMember(this.#group(options.group), this.#newReader(), await this.producer(), options);
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

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    // Wakes waiting readers, which then throw LOG_CLOSED.
    this.#signal.notify();
    try {
      await this.#writer.close();
    } finally {
      this.#files.close();
      await this.#unlock();
    }
  }

  #newReader(): EmbeddedReader {
    return new EmbeddedReader({
      find: (topic, partition) => this.#state.partition(topic, partition),
      signal: this.#signal,
      isLogClosed: () => this.#closing !== undefined,
    });
  }

  #group(name: string): GroupCoordinator {
    let group = this.#groups.get(name);
    if (group === undefined) {
      const partitions = (topic: string): number => this.#state.topics.get(topic)?.partitions ?? 0;
      group = new GroupCoordinator(name, partitions, () => this.#signal.notify());
      this.#groups.set(name, group);
    }
    return group;
  }
}
