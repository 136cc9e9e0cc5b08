import { eventsOf, type Step } from '@millrace/testing';
import { UsageError } from '../usage-error.ts';

/** Where to stop. */
export interface Breakpoint {
  readonly text: string;
  matches(step: Step): boolean;
}

const kinds: Readonly<Record<string, (argument: string) => Breakpoint['matches']>> = {
  key: (key) => (step) => eventsOf(step, 'node').some((node) => isText(node.key, key)),
  node: (name) => (step) => eventsOf(step, 'node').some(({ node }) => node === name),
  topic: (name) => (step) => eventsOf(step, 'result').some(({ topic }) => topic === name),
  store: (name) => (step) => eventsOf(step, 'row').some(({ store }) => store === name),
  error: () => (step) => eventsOf(step, 'failure').length > 0,
  late: () => (step) => eventsOf(step, 'drop').some(({ reason }) => reason === 'late'),
  dropped: () => (step) => eventsOf(step, 'drop').length > 0,
};

const withArgument: ReadonlySet<string> = new Set(['key', 'node', 'topic', 'store']);

export const breakpointKinds = Object.keys(kinds)
  .map((kind) => (withArgument.has(kind) ? `${kind}=NAME` : kind))
  .join(', ');

/** `key=ann`, `node=NAME`, `late`, ... @throws UsageError */
export function breakpoint(text: string): Breakpoint {
  const [kind = '', ...rest] = text.split('=');
  const argument = rest.join('=');
  const make = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
  if (make === undefined || withArgument.has(kind) === (argument === ''))
    throw new UsageError(`"${text}" is no place to stop: ${breakpointKinds} expected`);
  return { text, matches: make(argument) };
}

/** Whether a key is what was typed: a text as it is, anything else, and the key of a window, as JSON. */
function isText(key: unknown, text: string): boolean {
  if (key === text || String(key) === text) return true;
  if (typeof key !== 'object' || key === null) return false;
  if (key instanceof Uint8Array) return Buffer.from(key).toString('utf8') === text;
  return 'window' in key && 'key' in key ? isText(key.key, text) : JSON.stringify(key) === text;
}
