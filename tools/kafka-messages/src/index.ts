import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { generatedApis } from './apis.ts';
import { loadDefinitions } from './definitions.ts';
import { apiModule } from './module.ts';

/** The Kafka version whose definitions are read. */
export const definitionsVersion = '4.3.1';

/** Where the modules are kept. */
export const messagesFolder = fileURLToPath(
  new URL('../../../packages/kafka-protocol/src/messages', import.meta.url),
);

/** Writes a module for each API into a folder, formatted; returns their paths in it. */
export async function writeMessages(folder: string): Promise<string[]> {
  const files = await modules();
  for (const [name, text] of files) {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  const root = fileURLToPath(new URL('../../..', import.meta.url));
  const args = ['biome', 'format', '--write', `--config-path=${root}`, folder];
  execFileSync('npx', args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  return [...files.keys()];
}

async function modules(): Promise<Map<string, string>> {
  const definition = await loadDefinitions(definitionsVersion);
  const files = new Map<string, string>();
  for (const api of generatedApis) {
    const text = apiModule(api, definition(`${api.name}Request`), definition(`${api.name}Response`));
    files.set(`${api.room}/${fileName(api.name)}`, text);
  }
  const exports = generatedApis.flatMap(({ name, room }) => {
    const from = `./${room}/${fileName(name)}`;
    const value = `${name[0]!.toLowerCase()}${name.slice(1)}Api`;
    return `export { ${value}, type ${name}Request, type ${name}Response } from '${from}';`;
  });
  files.set('index.ts', `${exports.join('\n')}\n`);
  return files;
}

/** From `OffsetFetch` to `offset-fetch.ts`. */
function fileName(name: string): string {
  return `${name.replaceAll(/(?<!^)([A-Z])/g, '-$1').toLowerCase()}.ts`;
}
