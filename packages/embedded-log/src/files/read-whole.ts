import type { FileSystem } from './file-system.ts';

export async function readWhole(fileSystem: FileSystem, name: string): Promise<Buffer> {
  const file = await fileSystem.open(name, 'existing');
  try {
    return await file.read(0, await file.size());
  } finally {
    await file.close();
  }
}
