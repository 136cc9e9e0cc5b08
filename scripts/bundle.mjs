// Before a package is packed, in its folder: makes few files of many, which load several times faster. One file for
// each entry, and one for what entries share. Types and sources stay as they are; source maps lead to the sources.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const packages = fileURLToPath(new URL('../packages/', import.meta.url));
const reference = /new URL\('(\.[^']*)', import\.meta\.url\)/g;

/** The entry of a source file: `runtime/index.ts` is `runtime`, `platform/node.ts` is `platform-node`. */
function entryName(source) {
  return source
    .replace(/\.ts$/, '')
    .replace(/\/index$/, '')
    .replaceAll('/', '-');
}

const sourceOf = (file) => file.replace(/^\.\/dist\//, '').replace(/\.js$/, '.ts');
const isOwn = (target) =>
  typeof target === 'string' && target.startsWith('./dist/') && target.endsWith('.js');

/** What users import, from the bundle: the package's `exports` with other files. */
export function bundledExports(exports) {
  const bundled = (target) => {
    if (isOwn(target)) return `./bundle/${entryName(sourceOf(target))}.js`;
    if (typeof target === 'string') return target;
    const rest = Object.entries(target).filter(([condition]) => condition !== '@millrace/source');
    return Object.fromEntries(rest.map(([condition, one]) => [condition, bundled(one)]));
  };
  return Object.fromEntries(Object.entries(exports).map(([entry, target]) => [entry, bundled(target)]));
}

/** The source files that users or threads begin at, by the names of their files in the bundle. */
function inputs(folder, manifest) {
  const src = path.join(folder, 'src');
  const files = new Set();
  const add = (target) => {
    if (isOwn(target)) files.add(sourceOf(target));
    else if (typeof target === 'object')
      for (const [condition, one] of Object.entries(target)) if (condition !== '@millrace/source') add(one);
  };
  for (const target of Object.values(manifest.exports)) add(target);
  for (const file of readdirSync(src, { recursive: true })) {
    if (!file.endsWith('.ts')) continue;
    for (const [, to] of readFileSync(path.join(src, file), 'utf8').matchAll(reference)) {
      const named = path.relative(src, path.resolve(src, path.dirname(file), to)).replace(/\.js$/, '.ts');
      if (!named.startsWith('..') && named.endsWith('.ts') && existsSync(path.join(src, named)))
        files.add(named);
    }
  }
  return Object.fromEntries([...files].map((file) => [entryName(file), path.join(src, file)]));
}

/** References from a module to files beside it, as they are from the bundle, whose files are all in one folder. */
function movedReferences(folder) {
  const src = path.join(folder, 'src');
  return {
    name: 'moved-references',
    transform(code, id) {
      if (!code.includes('import.meta.url') || !id.startsWith(src)) return null;
      const moved = code.replace(reference, (_, to) => {
        const target = path.resolve(path.dirname(id), to);
        const inSources = path.relative(src, target);
        if (inSources === '') return "new URL('./', import.meta.url)";
        if (!inSources.startsWith('..'))
          return `new URL('./${entryName(inSources.replace(/\.js$/, '.ts'))}.js', import.meta.url)`;
        const end = to.endsWith('/') ? '/' : '';
        return `new URL('${path.posix.join(path.relative(path.join(folder, 'bundle'), target))}${end}', import.meta.url)`;
      });
      // No line is added or taken away.
      return { code: moved, map: null };
    },
  };
}

export async function bundle(folder) {
  const manifest = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  const dir = path.join(folder, 'bundle');
  rmSync(dir, { recursive: true, force: true });
  const made = await rolldown({
    input: inputs(folder, manifest),
    // Everything that is a package of its own is loaded as one: there is one copy of it.
    external: (id) => !id.startsWith('.') && !path.isAbsolute(id),
    platform: 'node',
    plugins: [movedReferences(folder)],
    checks: { ineffectiveDynamicImport: false },
  });
  await made.write({
    dir,
    format: 'esm',
    sourcemap: true,
    sourcemapExcludeSources: true,
    entryFileNames: '[name].js',
    chunkFileNames: 'shared-[hash].js',
  });
  await made.close();
}

const libraries = () =>
  readdirSync(packages)
    .map((name) => path.join(packages, name))
    .filter((folder) => path.basename(folder) !== 'create-millrace');

/** Says in each package what is published in place of what is developed with. */
function writeManifests() {
  for (const folder of libraries()) {
    const file = path.join(folder, 'package.json');
    const manifest = JSON.parse(readFileSync(file, 'utf8'));
    manifest.publishConfig = { exports: bundledExports(manifest.exports) };
    manifest.scripts = { prepack: 'node ../../scripts/bundle.mjs', ...manifest.scripts };
    manifest.files = [
      ...new Set([
        'bundle',
        ...manifest.files.flatMap((one) =>
          one === 'dist' ? ['dist/**/*.d.ts', 'dist/**/*.d.ts.map'] : [one],
        ),
      ]),
    ];
    writeFileSync(file, `${JSON.stringify(manifest, null, 2)}\n`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv[2] === '--manifests') writeManifests();
  else await bundle(process.cwd());
}
