import type { FileSystem } from '../files/file-system.ts';
import { encodeCheckpoint, type LogCheckpoint } from '../format/checkpoint.ts';
import { checkpointSlots } from '../format/file-names.ts';

/** Writes a checkpoint durably into its slot: the slots take turns by the checkpoint's generation. */
export async function writeSlot(fileSystem: FileSystem, checkpoint: LogCheckpoint): Promise<void> {
  const bytes = encodeCheckpoint(checkpoint);
  const slot = await fileSystem.open(checkpointSlots[checkpoint.generation % 2]!, 'create');
  try {
    await slot.write(0, [bytes]);
    await slot.truncate(bytes.length);
    await slot.sync();
  } finally {
    await slot.close();
  }
  await fileSystem.syncDirectory();
}
