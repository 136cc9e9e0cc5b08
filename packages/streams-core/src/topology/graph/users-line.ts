import { pathOfModule, shortPath } from '@millrace/log-client/platform';

/** This package's own files: `src` or `dist`. */
const ours = pathOfModule(new URL('../..', import.meta.url).href);
const enoughFrames = 25;

/** By the place of the call in the code as it runs. To map a stack to its sources takes a millisecond. */
const known = new Map<string, string | undefined>();

/**
 * The line of the program that called into this package, as `src/app.ts:12` where it is below the working
 * directory; undefined where it cannot be told, as in a bundle.
 */
export function usersLine(): string | undefined {
  const call = callIntoThisPackage();
  if (call === undefined) return undefined;
  if (!known.has(call)) known.set(call, lineInSources());
  return known.get(call);
}

/** Where the program called, in the code as it runs. */
function callIntoThisPackage(): string | undefined {
  const before = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
  const limit = Error.stackTraceLimit;
  try {
    Error.stackTraceLimit = enoughFrames;
    Error.prepareStackTrace = (_, sites) => sites;
    const sites = new Error('for its stack').stack as unknown as readonly NodeJS.CallSite[];
    const site = sites.find((one) => isTheirs(one.getFileName()));
    return site && `${site.getFileName()}:${site.getLineNumber()}:${site.getColumnNumber()}`;
  } finally {
    Error.stackTraceLimit = limit;
    if (before === undefined) delete (Error as { prepareStackTrace?: unknown }).prepareStackTrace;
    else Object.defineProperty(Error, 'prepareStackTrace', before);
  }
}

function isTheirs(file: string | null | undefined): boolean {
  if (file === null || file === undefined || file.startsWith('node:')) return false;
  return !pathOfModule(file).startsWith(ours);
}

/** The same as a stack trace says it, which knows source maps where the program has switched them on. */
function lineInSources(): string | undefined {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = enoughFrames;
  const { stack = '' } = new Error('for its stack');
  Error.stackTraceLimit = before;
  for (const frame of stack.split('\n').slice(1)) {
    const found = /\(?(?<file>(?:file:|\/|[A-Za-z]:[\\/])[^()]*?):(?<line>\d+):\d+\)?$/.exec(frame);
    if (found === null) continue;
    const { file, line } = found.groups!;
    const name = pathOfModule(file!);
    if (!name.startsWith(ours)) return `${shortPath(name)}:${line}`;
  }
  return undefined;
}
