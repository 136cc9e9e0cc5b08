import { pathToFileURL } from 'node:url';
import { Topology } from '@millrace/streams-core';
import { fromCallersFolder } from './callers-folder.ts';
import { UsageError } from './usage-error.ts';

/**
 * Takes what a module exports for a topology: one, or something with a `build` that makes one, or a function
 * of either.
 */
async function topologyOf(exported: unknown): Promise<Found | undefined> {
  const isFunction = typeof exported === 'function';
  const value: unknown = isFunction ? await (exported as () => unknown)() : exported;
  const called = (name: string): string => (isFunction ? `await ${name}()` : name);
  if (value instanceof Topology) return { topology: value, expression: called };
  if (typeof value === 'object' && value !== null && 'build' in value && typeof value.build === 'function') {
    const built = await topologyOf(value.build());
    return built && { ...built, expression: (name) => `(${called(name)}).build()` };
  }
  // A topology of another copy of the package.
  const isLike =
    typeof value === 'object' && value !== null && 'describe' in value && 'subTopologies' in value;
  return isLike ? { topology: value as Topology, expression: called } : undefined;
}

interface Found {
  readonly topology: Topology;
  /** What makes the topology of an export, given its name in the program. */
  readonly expression: (name: string) => string;
}

/** A topology, and how a program gets at it. */
export interface LoadedTopology extends Found {
  /** The module, as an absolute path. */
  readonly file: string;
  /** The name of the export. */
  readonly name: string;
}

/** The topology that a module exports. @throws UsageError */
export async function loadTopology(file: string, name: string | undefined): Promise<Topology> {
  return (await loadTopologyOf(file, name)).topology;
}

/** As `loadTopology`, with where it was found. @throws UsageError */
export async function loadTopologyOf(file: string, name: string | undefined): Promise<LoadedTopology> {
  const full = fromCallersFolder(file);
  const module = (await import(pathToFileURL(full).href).catch((error: unknown) => {
    throw new UsageError(`cannot load ${full}: ${(error as Error).message}`);
  })) as Record<string, unknown>;
  const names = name === undefined ? ['default', 'topology', ...Object.keys(module)] : [name];
  for (const one of names) {
    if (!(one in module)) continue;
    const found = await topologyOf(module[one]).catch((error: unknown) => {
      if (name === undefined) return undefined;
      throw error;
    });
    if (found !== undefined) return { ...found, file: full, name: one };
  }
  throw new UsageError(
    `${file} exports no topology${name === undefined ? '' : ` named "${name}"`}: export one, or a function that makes one (it exports ${Object.keys(module).join(', ') || 'nothing'})`,
  );
}
