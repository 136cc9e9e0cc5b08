import path from 'node:path';

/** A path that a user gave, from the folder the command was called in: npm runs scripts elsewhere. */
export function fromCallersFolder(given: string): string {
  return path.resolve(process.env['INIT_CWD'] ?? process.cwd(), given);
}
