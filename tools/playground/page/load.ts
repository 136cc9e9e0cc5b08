import type { Topic } from '@millrace/streams-core';
import { Topology } from '@millrace/streams-core';
import { transform } from 'sucrase';
import * as zod from 'zod';
import * as millrace from './millrace.ts';

/** What a program has to import from. */
const modules: Readonly<Record<string, unknown>> = { millrace, zod };

/** A topic of whatever types. */
export type AnyTopic = Topic<unknown, unknown>;

/** What a program exports: its topology, and the topics that records are written to and read from. */
export interface Program {
  readonly topology: Topology;
  readonly topics: ReadonlyMap<string, AnyTopic>;
}

/** A program cannot be run; the message says why, and where it is known. */
export class ProgramError extends Error {
  override readonly name = 'ProgramError';
}

/** Runs a program in TypeScript. @throws ProgramError */
export function load(source: string): Program {
  const exports = run(source);
  const topics = new Map<string, AnyTopic>();
  for (const value of Object.values(exports)) if (isTopic(value)) topics.set(value.name, value);
  return { topology: topologyOf(exports), topics };
}

function run(source: string): Readonly<Record<string, unknown>> {
  const exports: Record<string, unknown> = {};
  const require = (name: string): unknown => {
    if (Object.hasOwn(modules, name)) return modules[name];
    throw new ProgramError(`There is no module "${name}" here: ${Object.keys(modules).join(' and ')} are`);
  };
  try {
    const { code } = transform(source, { transforms: ['typescript', 'imports'], production: true });
    // What the visitor of the page writes runs in the page, as it would in the browser's console.
    // oxlint-disable-next-line typescript/no-implied-eval
    new Function('require', 'exports', code)(require, exports);
  } catch (error) {
    throw error instanceof ProgramError ? error : new ProgramError(messageOf(error), { cause: error });
  }
  return exports;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The default export, or else the only one that is a topology or a function that makes one. */
function topologyOf({ default: main, ...others }: Readonly<Record<string, unknown>>): Topology {
  const candidates = main === undefined ? Object.values(others) : [main];
  for (const one of candidates) {
    if (one instanceof Topology) return one;
    if (typeof one !== 'function' || one.length > 0) continue;
    const made = called(one as () => unknown);
    if (made instanceof Topology) return made;
  }
  throw new ProgramError(
    'The program exports no topology: end it with "export default builder.build()", or export a function that returns one',
  );
}

function called(make: () => unknown): unknown {
  try {
    return make();
  } catch (error) {
    throw new ProgramError(messageOf(error), { cause: error });
  }
}

function isTopic(value: unknown): value is AnyTopic {
  return typeof value === 'object' && value !== null && 'name' in value && 'key' in value && 'value' in value;
}
