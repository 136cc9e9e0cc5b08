import { pathToFileURL } from 'node:url';
import { Topology } from '@millrace/streams-core';
import { fromCallersFolder } from './callers-folder.ts';
import { UsageError } from './usage-error.ts';

/**
 * Takes what a module exports for a topology: one, or something with a `build` that makes one, or a function
 * of either.
 */
async function topologyOf(exported: unknown): Promise<Topology | undefined> {
  const value: unknown = typeof exported === 'function' ? await exported() : exported;
  if (value instanceof Topology) return value;
  if (typeof value === 'object' && value !== null && 'build' in value && typeof value.build === 'function') {
    return topologyOf(value.build());
  }
  // A topology of another copy of the package.
  const isLike =
    typeof value === 'object' && value !== null && 'describe' in value && 'subTopologies' in value;
  return isLike ? (value as Topology) : undefined;
}

/** The topology that a module exports. @throws UsageError */
export async function loadTopology(file: string, name: string | undefined): Promise<Topology> {
  const full = fromCallersFolder(file);
  const module = (await import(pathToFileURL(full).href).catch((error: unknown) => {
    throw new UsageError(`cannot load ${full}: ${(error as Error).message}`);
  })) as Record<string, unknown>;
  const names = name === undefined ? ['default', 'topology', ...Object.keys(module)] : [name];
  for (const one of names) {
    if (!(one in module)) continue;
    const topology = await topologyOf(module[one]).catch((error: unknown) => {
      if (name === undefined) return undefined;
      throw error;
    });
    if (topology !== undefined) return topology;
  }
  throw new UsageError(
    `${file} exports no topology${name === undefined ? '' : ` named "${name}"`}: export one, or a function that makes one (it exports ${Object.keys(module).join(', ') || 'nothing'})`,
  );
}
