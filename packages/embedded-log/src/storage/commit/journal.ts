import { isLogError, type LogError } from '@millrace/log-client';
import type { FileSystem, LogFile } from '../../files/file-system.ts';
import { journalName } from '../../format/file-names.ts';
import { type EncodedFrame, FrameBuilder } from '../../format/frame.ts';
import { ioError } from '../io-error.ts';

/** Where a journal has got to: enough to write the next frame and to know it again. */
export interface JournalEnd {
  readonly id: number;
  readonly position: number;
  readonly sequence: number;
  readonly crc: number;
}

export type JournalPlace = Omit<JournalEnd, 'id'>;

export interface JournalState {
  /** Where the next frame goes. */
  readonly end: JournalEnd;
  /** The highest sequence number known to survive a power loss. */
  readonly durableUpTo: number;
  /** Resolves when the file before this one is on the device. */
  readonly predecessor?: Promise<void>;
}

/** The file that every commit goes to first, as one frame each. Its callers take turns. */
export class Journal {
  readonly #fileSystem: FileSystem;
  readonly #file: LogFile;
  readonly id: number;
  /** What the first frame of this file follows. */
  readonly follows: Pick<JournalEnd, 'sequence' | 'crc'>;
  position: number;
  sequence: number;
  crc: number;
  /** The highest sequence number known to survive a power loss. */
  durableUpTo: number;

  /** Where the first commit of this file stands. */
  #startsAt = 0;
  /** Settles when the file before this one is on the device. */
  readonly #predecessor: Promise<void> | undefined;

  constructor(fileSystem: FileSystem, file: LogFile, { end, durableUpTo, predecessor }: JournalState) {
    this.#predecessor = predecessor;
    this.#fileSystem = fileSystem;
    this.#file = file;
    this.id = end.id;
    this.follows = { sequence: end.sequence, crc: end.crc };
    this.position = end.position;
    this.sequence = end.sequence;
    this.crc = end.crc;
    this.durableUpTo = durableUpTo;
  }

  /**
   * Writes frames whose last has this sequence number and checksum. After a failure the file is as it was.
   */
  async append(frames: readonly Uint8Array[], sequence: number, crc: number): Promise<void> {
    try {
      await this.#file.write(this.position, frames);
    } catch (error) {
      // A torn frame at the end would end the next recovery too early only if a good frame followed it.
      await this.#file.truncate(this.position);
      throw ioError(
        error,
        'write to the journal',
        this.#fileSystem.location,
        'nothing of this commit was kept; ',
      );
    }
    for (const frame of frames) this.position += frame.length;
    this.sequence = sequence;
    this.crc = crc;
  }

  /** Where the next frame goes, and what it follows. */
  get place(): JournalPlace {
    const { position, sequence, crc } = this;
    return { position, sequence, crc };
  }

  /** Takes back the frames after a place. Where that fails nothing more may be written. */
  async cutBack({ position, sequence, crc }: JournalPlace): Promise<void> {
    await this.#file.truncate(position);
    this.position = position;
    this.sequence = sequence;
    this.crc = crc;
  }

  /** Makes what has been written to the journal so far durable. */
  async sync(): Promise<void> {
    await this.#predecessor;
    await this.#file.sync();
  }

  /** Says that commits are durable, with all that they wrote elsewhere. */
  isDurableUpTo(sequence: number): void {
    this.durableUpTo = Math.max(this.durableUpTo, sequence);
  }

  /** Settles when the files before this one are on the device; rejects where that failed. */
  get earlierSynced(): Promise<void> {
    return this.#predecessor ?? Promise.resolve();
  }

  /**
   * Ends this file and starts the next with a frame that says how far this one was durable: damage to its end
   * is not taken for a torn write. What of this file is not on the device yet gets there in the background.
   */
  async roll(): Promise<Journal> {
    const id = this.id + 1;
    const file = await this.#create(journalName(id));
    await this.#fileSystem.syncDirectory();
    const { sequence, crc, durableUpTo } = this;
    const first = this.#emptyFrame(id);
    try {
      await file.write(0, [first.bytes]);
    } catch (error) {
      throw await this.#discard(file, journalName(id), error);
    }
    const finished = this.#finish();
    // The next sync rejects with this error; without a listener here it would count as unhandled.
    finished.catch(() => {});
    const next = new Journal(this.#fileSystem, file, {
      end: { id, position: 0, sequence, crc },
      durableUpTo,
      predecessor: finished,
    });
    next.position = first.bytes.length;
    next.sequence = sequence + 1;
    next.crc = first.crc;
    next.#startsAt = next.position;
    return next;
  }

  #emptyFrame(journalId: number): EncodedFrame {
    const { sequence, crc: previousCrc, durableUpTo } = this;
    const position = { sequence: sequence + 1, previousCrc, journalId, durableUpTo };
    return new FrameBuilder({}, Date.now()).finish(position);
  }

  /**
   * Notes how far the journal is durable, so that damage to its end is not taken for a torn write. Does
   * without where there is no room: a full disk is no reason not to open a log.
   */
  async mark(): Promise<void> {
    const { bytes, crc } = this.#emptyFrame(this.id);
    await this.append([bytes], this.sequence + 1, crc).catch((error: unknown) => {
      if (!isLogError(error)) throw error;
    });
  }

  /** Whether anything has been committed to this file. */
  get isEmpty(): boolean {
    return this.position === this.#startsAt;
  }

  async #finish(): Promise<void> {
    try {
      await (this.sequence > this.durableUpTo ? this.sync() : this.#predecessor);
    } finally {
      await this.#file.close();
    }
  }

  /** A failure here leaves this journal in use, and no later file behind. */
  async #create(name: string): Promise<LogFile> {
    try {
      return await this.#fileSystem.open(name, 'create');
    } catch (error) {
      await this.#fileSystem.remove(name);
      throw ioError(error, 'start a new journal', this.#fileSystem.location);
    }
  }

  async #discard(file: LogFile, name: string, error: unknown): Promise<LogError> {
    await file.close();
    await this.#fileSystem.remove(name);
    return ioError(error, 'start a new journal', this.#fileSystem.location);
  }

  async close(): Promise<void> {
    await this.#predecessor?.catch(() => {});
    await this.#file.close();
  }
}
