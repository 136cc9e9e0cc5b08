import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** This package's own files: `src` or `dist`. */
const ours = fileURLToPath(new URL('../..', import.meta.url));
const enoughFrames = 25;

/**
 * The line of the program that called into this package, as `src/app.ts:12` where it is below the working
 * directory; undefined where it cannot be told, as in a bundle.
 */
export function usersLine(): string | undefined {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = enoughFrames;
  const { stack = '' } = new Error('for its stack');
  Error.stackTraceLimit = before;
  for (const frame of stack.split('\n').slice(1)) {
    const found = /\(?(?<file>(?:file:|\/|[A-Za-z]:[\\/])[^()]*?):(?<line>\d+):\d+\)?$/.exec(frame);
    if (found === null) continue;
    const { file, line } = found.groups!;
    const name = file!.startsWith('file:') ? fileURLToPath(file!) : file!;
    if (!name.startsWith(ours)) return `${shorter(name)}:${line}`;
  }
  return undefined;
}

function shorter(file: string): string {
  const relative = path.relative(process.cwd(), file);
  return relative.startsWith('..') || path.isAbsolute(relative) ? file : relative;
}
