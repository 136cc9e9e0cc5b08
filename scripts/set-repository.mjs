// node scripts/set-repository.mjs URL: says in each package where its source, its pages and its issues are.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const packages = fileURLToPath(new URL('../packages/', import.meta.url));

/** A package's manifest with the fields that a repository gives it, after its licence. */
export function withRepository(manifest, url, folder) {
  const address = url.replace(/(?:\.git)?\/*$/, '');
  const own = {
    repository: { type: 'git', url: `git+${address}.git`, directory: `packages/${folder}` },
    homepage: `${address}/tree/main/packages/${folder}#readme`,
    bugs: `${address}/issues`,
  };
  const rest = Object.entries(manifest).filter(([field]) => !Object.hasOwn(own, field));
  const after = rest.findIndex(([field]) => field === 'license') + 1;
  return Object.fromEntries([...rest.slice(0, after), ...Object.entries(own), ...rest.slice(after)]);
}

function main(url) {
  if (!/^https:\/\/[^/]+\/[^/]+\/[^/]+/.test(url ?? '')) {
    console.error('Usage: node scripts/set-repository.mjs https://github.com/OWNER/NAME');
    process.exit(2);
  }
  const folders = readdirSync(packages);
  for (const folder of folders) {
    const file = path.join(packages, folder, 'package.json');
    const manifest = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(file, `${JSON.stringify(withRepository(manifest, url, folder), null, 2)}\n`);
  }
  console.log(`${folders.length} packages say that they are from ${url}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main(process.argv[2]);
