import { LogError } from '@millrace/log-client';
import type { FileSystem } from '../../files/file-system.ts';
import { readWhole } from '../../files/read-whole.ts';
import { journalIdOf, journalName } from '../../format/file-names.ts';
import { frameHeaderBytes } from '../../format/frame.ts';
import type { JournalEnd } from '../commit/journal.ts';

export function damaged(fileSystem: FileSystem, what: string): LogError {
  return new LogError(
    'LOG_CORRUPT',
    `The log in ${fileSystem.location} is damaged: ${what}. Restore the folder from a backup; nothing was changed`,
  );
}

/** What the journals of every format have in common. */
interface ChainedFrame {
  readonly sequence: number;
  readonly previousCrc: number;
  readonly durableUpTo: number;
  readonly crc: number;
  readonly end: number;
}

/** The frame at a place in a journal; undefined where there is no whole, intact one. */
type Decode<F> = (bytes: Buffer, at: number, journalId: number) => F | undefined;

export interface ReadJournals<F> {
  /** The frames after the checkpoint, over all files, in their order. */
  readonly frames: readonly F[];
  readonly end: JournalEnd;
}

/**
 * Reads the journal's frames, over all its files, up to the first that is not whole or does not follow the
 * one before. What comes after that one is left out, unless it proves that something durable is damaged.
 * @throws LogError `LOG_CORRUPT`
 */
export async function readJournals<F extends ChainedFrame>(
  { fileSystem, names }: { readonly fileSystem: FileSystem; readonly names: Iterable<string> },
  checkpoint: Pick<JournalEnd, 'sequence' | 'crc'> & { readonly journalId: number },
  decode: Decode<F>,
): Promise<ReadJournals<F>> {
  const ids = [...names]
    .map(journalIdOf)
    .filter((id): id is number => id !== undefined && id >= checkpoint.journalId)
    .toSorted((a, b) => a - b);
  if (ids[0] !== checkpoint.journalId) {
    throw damaged(
      fileSystem,
      `${journalName(checkpoint.journalId)} is missing, which the newest readable checkpoint names`,
    );
  }
  const frames: F[] = [];
  const { journalId, sequence, crc } = checkpoint;
  let end: JournalEnd = { id: journalId, position: 0, sequence, crc };
  const journals = { fileSystem, decode };
  for (const [index, id] of ids.entries()) {
    const bytes = await readWhole(fileSystem, journalName(id));
    const reached = readFrames({ bytes, id, from: end, decode }, frames);
    // If a journal file's first frame does not chain to the previous file, the journal ends with the previous
    // file.
    if (id !== end.id && reached.position === 0 && bytes.length > 0) {
      await assertNothingDurable(journals, ids.slice(index), end);
      return { frames, end };
    }
    end = reached;
    if (end.position < bytes.length) {
      assertTornOnly(journals, { bytes, id, from: end.position + 1 }, end);
      await assertNothingDurable(journals, ids.slice(index + 1), end);
      return { frames, end };
    }
  }
  return { frames, end };
}

function readFrames<F extends ChainedFrame>(
  { bytes, id, from, decode }: { bytes: Buffer; id: number; from: JournalEnd; decode: Decode<F> },
  into: F[],
): JournalEnd {
  let { sequence, crc } = from;
  let position = 0;
  for (;;) {
    const frame = decode(bytes, position, id);
    if (frame === undefined || frame.sequence !== sequence + 1 || frame.previousCrc !== crc) {
      return { id, position, sequence, crc };
    }
    into.push(frame);
    ({ sequence, crc } = frame);
    position = frame.end;
  }
}

interface Journals {
  readonly fileSystem: FileSystem;
  readonly decode: Decode<ChainedFrame>;
}

/** Journals after the end may hold nothing that was durable. */
async function assertNothingDurable(
  journals: Journals,
  ids: readonly number[],
  end: JournalEnd,
): Promise<void> {
  for (const id of ids) {
    const bytes = await readWhole(journals.fileSystem, journalName(id));
    assertTornOnly(journals, { bytes, id, from: 0 }, end);
  }
}

/** Past the last good frame there may be no frame that was written after a later one had been synced. */
function assertTornOnly(
  { fileSystem, decode }: Journals,
  { bytes, id, from }: { readonly bytes: Buffer; readonly id: number; readonly from: number },
  end: JournalEnd,
): void {
  for (let at = from; at + frameHeaderBytes <= bytes.length; at++) {
    if (bytes.readUInt32LE(at + 20) !== id) continue;
    const frame = safeDecode(decode, bytes, at, id);
    if (frame !== undefined && frame.sequence > end.sequence && frame.durableUpTo > end.sequence) {
      throw damaged(
        fileSystem,
        `${journalName(end.id)} is unreadable at byte ${end.position}, inside what had been made durable`,
      );
    }
  }
}

function safeDecode<F>(decode: Decode<F>, bytes: Buffer, at: number, id: number): F | undefined {
  try {
    return decode(bytes, at, id);
  } catch {
    return undefined;
  }
}
