// npm run licences: writes docs/dependencies.md, what each package brings along and under which licence.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const json = (...parts) => JSON.parse(readFileSync(path.join(root, ...parts), 'utf8'));

/** The text of docs/dependencies.md, from the manifests and what is installed. */
export function dependenciesPage() {
  const rows = [];
  for (const folder of readdirSync(path.join(root, 'packages')).toSorted()) {
    const { name, dependencies = {}, peerDependencies = {} } = json('packages', folder, 'package.json');
    for (const [library, kind] of [
      ...Object.keys(dependencies).map((one) => [one, '']),
      ...Object.keys(peerDependencies).map((one) => [one, 'peer']),
    ]) {
      const manifest = ['packages', folder, 'node_modules', library, 'package.json'];
      if (library.startsWith('@millrace/') || !existsSync(path.join(root, ...manifest))) continue;
      const { license } = json(...manifest);
      rows.push(`| ${name} | ${library} | ${kind} | ${license} |`);
    }
  }
  return `# What the packages bring along

Libraries that are installed with each package, and their licences; those of this project's own packages (Apache-2.0) are left out.
\`npm run licences\` writes this page.

| package | library | | licence |
| --- | --- | --- | --- |
${rows.join('\n')}
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(path.join(root, 'docs/dependencies.md'), dependenciesPage());
}
