import { hash } from 'node:crypto';
import { createRequire } from 'node:module';
import path from 'node:path';
import { emitWarning } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { markAsUntransferable } from 'node:worker_threads';

// What topologies and their test driver need of Node. `browser.ts` has the same for pages: bundlers choose it
// by the condition "browser". What runs apps, logs and stores on disk uses Node directly.

/** Says to those who run the program what has not stopped it. */
export function warn(message: string): void {
  emitWarning(message, 'MillraceWarning');
}

/** Rejects where `signal` aborts. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return sleep(ms, undefined, signal === undefined ? {} : { signal });
}

export function sha1(bytes: Uint8Array): Uint8Array {
  return hash('sha1', bytes, 'buffer');
}

/** A value on one line, for people to read, with control characters escaped; long and deep ones are cut. */
export function showOnOneLine(value: unknown): string {
  const breakLength = Number.POSITIVE_INFINITY;
  return inspect(value, { breakLength, compact: true, depth: 4, maxStringLength: 200 });
}

/** The path of a module, as stack traces name it. */
export function pathOfModule(url: string): string {
  return url.startsWith('file:') ? fileURLToPath(url) : url;
}

/** From the working directory on, where it is below that. */
export function shortPath(file: string): string {
  const relative = path.relative(process.cwd(), file);
  return relative.startsWith('..') || path.isAbsolute(relative) ? file : relative;
}

export function joinPath(...parts: readonly string[]): string {
  return path.join(...parts);
}

/** A package that is loaded where it is first needed, as `from`, the URL of a module, finds it. */
export function requireNow<T>(name: string, from: string): T {
  return createRequire(from)(name) as T;
}

/** Memory that nobody can move to another thread: all who have a part of it would lose that. */
export function keptInThread(memory: ArrayBuffer): ArrayBuffer {
  markAsUntransferable(memory);
  return memory;
}
