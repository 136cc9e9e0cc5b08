import path from 'node:path';
import { parseArgs } from 'node:util';
import { CreateError, createProject } from './create-project.ts';

const usage = `Usage: npm create millrace -- [FOLDER] [--name NAME]

Makes a project with a pipeline, its test, a Dockerfile, a compose file with Kafka and a workflow.
FOLDER is made, or must be empty; default: the present one. NAME is the package's; default: the folder's name.`;

interface Asked {
  readonly folder: string;
  readonly name: string | undefined;
  readonly help: boolean;
}

function parse(args: readonly string[]): Asked {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { name: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    });
    if (positionals.length > 1) throw new CreateError(`Unexpected argument "${positionals[1]}"`);
    return { folder: positionals[0] ?? '.', name: values.name, help: values.help === true };
  } catch (error) {
    throw new CreateError(`${(error as Error).message}\n\n${usage}`);
  }
}

/** Resolves to the exit status: 2 where what was asked for makes no sense. */
export async function main(args: readonly string[], cwd: string): Promise<number> {
  try {
    const { folder, name, help } = parse(args);
    if (help) {
      console.log(usage);
      return 0;
    }
    const dir = path.resolve(cwd, folder);
    const files = await createProject({ dir, name });
    const there = path.relative(cwd, dir);
    console.log(`${files.map((file) => `  ${file}`).join('\n')}\n`);
    console.log('Now:');
    for (const step of [...(there === '' ? [] : [`cd "${there}"`]), 'npm install', 'npm test', 'npm start'])
      console.log(`  ${step}`);
    return 0;
  } catch (error) {
    if (!(error instanceof CreateError)) throw error;
    console.error(`error: ${error.message}`);
    return 2;
  }
}
