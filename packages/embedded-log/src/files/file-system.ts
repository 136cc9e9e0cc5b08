/** An open file. Reads may come back short at the end of the file; writes are whole or rejected. */
export interface LogFile {
  read(position: number, length: number): Promise<Buffer>;
  /** The pieces may be written over once it is done, but for a folder in memory. */
  write(position: number, pieces: readonly Uint8Array[]): Promise<void>;
  truncate(size: number): Promise<void>;
  /** Makes all that was written durable. */
  sync(): Promise<void>;
  size(): Promise<number>;
  close(): Promise<void>;
}

/**
 * One flat folder of files: all that the log wants of a disk. The seam exists so that commits and recovery
 * can be run against a disk that tears writes, loses unsynced bytes and fails any chosen call.
 */
export interface FileSystem {
  /** For error messages: where this is. */
  readonly location: string;
  /** Makes the folder if needed and takes it for this log alone. @throws LogError `LOG_LOCKED` */
  lock(): Promise<() => Promise<void>>;
  list(): Promise<string[]>;
  /** Opens a file; with `create`, an empty one if it is not there. */
  open(name: string, mode: 'create' | 'existing'): Promise<LogFile>;
  /** The sizes of files, in bytes. */
  sizes(names: readonly string[]): Promise<number[]>;
  remove(name: string): Promise<void>;
  /** Makes creations and removals durable. */
  syncDirectory(): Promise<void>;
}
