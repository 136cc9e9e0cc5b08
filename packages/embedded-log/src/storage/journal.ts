import { LogError } from '@millrace/log-client';
import type { FileSystem, LogFile } from '../files/file-system.ts';
import { journalName } from '../format/file-names.ts';

const noRoom = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** Turns what the file system threw into a LogError that says where. */
export function ioError(error: unknown, action: string, location: string): LogError {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== undefined && noRoom.has(code)) {
    return new LogError(
      'LOG_FULL',
      `No room left to ${action} in ${location} (${code}): nothing of this commit was kept; free some space and try again`,
      { cause: error },
    );
  }
  return new LogError('LOG_IO', `Could not ${action} in ${location}: ${message}`, { cause: error });
}

/** Where a journal has got to: enough to write the next frame and to know it again. */
export interface JournalEnd {
  readonly id: number;
  readonly position: number;
  readonly sequence: number;
  readonly crc: number;
}

/** The file that every commit goes to first, as one frame each. Its callers take turns. */
export class Journal {
  readonly #fileSystem: FileSystem;
  readonly #file: LogFile;
  readonly id: number;
  position: number;
  sequence: number;
  crc: number;
  /** The highest sequence number known to survive a power loss. */
  durableUpTo: number;

  /** Settles when the file before this one is on the device. */
  readonly #predecessor: Promise<void> | undefined;

  constructor(
    fileSystem: FileSystem,
    file: LogFile,
    end: JournalEnd,
    durableUpTo: number,
    predecessor?: Promise<void>,
  ) {
    this.#predecessor = predecessor;
    this.#fileSystem = fileSystem;
    this.#file = file;
    this.id = end.id;
    this.position = end.position;
    this.sequence = end.sequence;
    this.crc = end.crc;
    this.durableUpTo = durableUpTo;
  }

  /** Writes frames whose last has this sequence number and checksum. After a failure the file is as it was. */
  async append(frames: readonly Uint8Array[], sequence: number, crc: number): Promise<void> {
    try {
      await this.#file.write(this.position, frames);
    } catch (error) {
      // A torn frame at the end would end the next recovery too early only if a good frame followed it.
      await this.#file.truncate(this.position);
      throw ioError(error, 'write to the journal', this.#fileSystem.location);
    }
    for (const frame of frames) this.position += frame.length;
    this.sequence = sequence;
    this.crc = crc;
  }

  async sync(): Promise<void> {
    const { sequence } = this;
    if (sequence === this.durableUpTo) return;
    await this.#predecessor;
    await this.#file.sync();
    this.durableUpTo = Math.max(this.durableUpTo, sequence);
  }

  /** Ends this file and starts the next. What of this one is not on the device yet gets there in the background. */
  async roll(): Promise<Journal> {
    const id = this.id + 1;
    const file = await this.#create(journalName(id));
    await this.#fileSystem.syncDirectory();
    const finished = this.#finish();
    // Whoever syncs the next file is told; until then it is nobody's error.
    finished.catch(() => {});
    const end = { id, position: 0, sequence: this.sequence, crc: this.crc };
    return new Journal(this.#fileSystem, file, end, this.durableUpTo, finished);
  }

  async #finish(): Promise<void> {
    try {
      await this.sync();
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

  async close(): Promise<void> {
    await this.#predecessor?.catch(() => {});
    await this.#file.close();
  }
}
