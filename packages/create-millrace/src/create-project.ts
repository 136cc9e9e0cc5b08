import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const template = fileURLToPath(new URL('../template', import.meta.url));

/** What npm takes for the name of a package, without a scope. */
const legalName = /^[a-z0-9][a-z0-9._-]{0,213}$/;

/** A project that cannot be made; the message says why and what to do. */
export class CreateError extends Error {
  override readonly name = 'CreateError';
}

export interface NewProject {
  /** The folder, which is made; one that is there must be empty. */
  readonly dir: string;
  /** Of the package. Default: the folder's name. */
  readonly name?: string | undefined;
}

/** Writes a new project into a folder. Resolves to the files it wrote. @throws CreateError */
export async function createProject({ dir, name = path.basename(dir) }: NewProject): Promise<string[]> {
  if (!legalName.test(name)) {
    throw new CreateError(
      `"${name}" is not a package name: use up to 214 of a-z 0-9 . _ -, beginning with a letter or digit, or give one with --name`,
    );
  }
  await mkdir(dir, { recursive: true });
  // A new folder under version control has that in it.
  const found = (await readdir(dir)).filter((entry) => entry !== '.git');
  if (found.length > 0) {
    throw new CreateError(`${dir} is not empty (${found[0]}): name a new folder, or empty this one`);
  }
  const files = await filesUnder(template);
  for (const file of files) {
    const text = await readFile(path.join(template, file), 'utf8');
    const target = path.join(dir, nameOf(file));
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, text.replaceAll('{{name}}', name));
  }
  return files.map(nameOf);
}

/** Names that npm would leave out of a package, or take for its own, begin with "_" in the template. */
function nameOf(file: string): string {
  const [first, ...rest] = file.split(path.sep);
  const renamed = first === '_package.json' ? 'package.json' : first!.replace(/^_/, '.');
  return path.join(renamed, ...rest);
}

async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .toSorted();
}
