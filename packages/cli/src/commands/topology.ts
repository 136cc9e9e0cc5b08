import { pathToFileURL } from 'node:url';
import { Topology } from '@millrace/streams-core';
import { type Command, Option } from 'commander';
import { UsageError } from '../usage-error.ts';
import { fromCallersFolder } from '../callers-folder.ts';

const formats = ['text', 'mermaid', 'dot'] as const;

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

async function load(file: string, name: string | undefined): Promise<Topology> {
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

export function topologyCommand(program: Command): void {
  const topology = program.command('topology').description('look at topologies');
  topology
    .command('describe')
    .description('print the topology that a module exports')
    .argument('<file>', 'a JavaScript module')
    .option('--export <name>', 'which export; default: the first that is or makes a topology')
    .addOption(new Option('--format <format>', 'how').choices(formats).default('text'))
    .action(async (file: string, options: { export?: string; format: (typeof formats)[number] }) => {
      const found = await load(file, options.export);
      console.log(found.describe({ as: options.format }).trimEnd());
    });
}
