import { writeFile } from 'node:fs/promises';
import { topologySvg } from '@millrace/inspector/draw';
import { type Command, Option } from 'commander';
import { fromCallersFolder } from '../callers-folder.ts';
import { loadTopology } from '../load-topology.ts';

const formats = ['text', 'mermaid', 'dot'] as const;

export function topologyCommand(program: Command): void {
  const topology = program.command('topology').description('look at topologies');
  topology
    .command('describe')
    .description('print the topology that a module exports')
    .argument('<file>', 'a JavaScript module')
    .option('--export <name>', 'which export; default: the first that is or makes a topology')
    .addOption(new Option('--format <format>', 'how').choices(formats).default('text'))
    .action(async (file: string, options: { export?: string; format: (typeof formats)[number] }) => {
      const found = await loadTopology(file, options.export);
      console.log(found.describe({ as: options.format }).trimEnd());
    });
  topology
    .command('draw')
    .description('draw the topology that a module exports, as an SVG picture')
    .argument('<file>', 'a JavaScript module')
    .requiredOption('--out <file>', 'where the picture goes; - for standard output')
    .option('--export <name>', 'which export; default: the first that is or makes a topology')
    .action(async (file: string, options: { export?: string; out: string }) => {
      const picture = topologySvg(await loadTopology(file, options.export));
      if (options.out === '-') process.stdout.write(picture);
      else await writeFile(fromCallersFolder(options.out), picture);
    });
}
