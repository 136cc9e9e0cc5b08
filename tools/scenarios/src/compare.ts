import type { CompareMode, ScenarioOutput } from './schema.ts';

type Entry = Omit<ScenarioOutput, 'topic'>;

/** Windowed keys may be given by their inner key alone: then the window is not looked at. */
function keyText(key: Entry['key'], innerOnly: boolean): string {
  if (typeof key !== 'object' || key === null) return JSON.stringify(key);
  return innerOnly || key.start === undefined
    ? JSON.stringify(key.key)
    : JSON.stringify([key.key, key.start, key.end]);
}

function entryText({ key, value, ts }: Entry, innerOnly: boolean, withTime: boolean): string {
  return `${keyText(key, innerOnly)} = ${JSON.stringify(value)}${withTime && ts !== undefined ? ` @ ${ts}` : ''}`;
}

/** The found entry in the form of the expected one: without a timestamp or window where that has none. */
function likeExpected(found: Entry, expected: Entry | undefined, withTime: boolean): string {
  const innerOnly = isInnerOnly(expected);
  return entryText(found, innerOnly, withTime && expected?.ts !== undefined);
}

function isInnerOnly(entry: Entry | undefined): boolean {
  return typeof entry?.key === 'object' && entry.key !== null && entry.key.start === undefined;
}

function inOrder(found: readonly Entry[], expected: readonly Entry[]): string | undefined {
  for (let index = 0; index < Math.max(found.length, expected.length); index++) {
    const [got, wanted] = [found[index], expected[index]];
    if (got === undefined) return `missing ${entryText(wanted!, isInnerOnly(wanted), true)}`;
    if (wanted === undefined) return `unexpected ${entryText(got, false, true)}`;
    const text = entryText(wanted, isInnerOnly(wanted), true);
    const gotText = likeExpected(got, wanted, true);
    if (gotText !== text) return `got ${gotText}, expected ${text}`;
  }
  return undefined;
}

function byKey(entries: readonly Entry[], innerOnly: boolean): Map<string, Entry[]> {
  const groups = new Map<string, Entry[]>();
  for (const entry of entries) {
    const key = keyText(entry.key, innerOnly);
    groups.set(key, [...(groups.get(key) ?? []), entry]);
  }
  return groups;
}

function groupwise(
  found: readonly Entry[],
  expected: readonly Entry[],
  otherKeys: 'refused' | 'free',
  compare: (found: readonly Entry[], expected: readonly Entry[]) => string | undefined,
): string | undefined {
  const innerOnly = expected.some(isInnerOnly);
  const [got, wanted] = [byKey(found, innerOnly), byKey(expected, innerOnly)];
  for (const [key, entries] of wanted) {
    const difference = compare(got.get(key) ?? [], entries);
    if (difference !== undefined) return difference;
  }
  const stranger = otherKeys === 'refused' ? [...got.keys()].find((key) => !wanted.has(key)) : undefined;
  return stranger === undefined ? undefined : `unexpected key ${stranger}`;
}

const last = (entries: readonly Entry[]): readonly Entry[] => entries.slice(-1);
const withoutTime = (entries: readonly Entry[]): Entry[] => entries.map(({ key, value }) => ({ key, value }));

function asSets(found: readonly Entry[], expected: readonly Entry[]): string | undefined {
  const timed = expected.every(({ ts }) => ts !== undefined);
  const texts = (entries: readonly Entry[]): string[] =>
    [...new Set(entries.map((entry) => entryText(entry, isInnerOnly(expected[0]), timed)))].toSorted(
      (a, b) => (a < b ? -1 : 1),
    );
  const [got, wanted] = [texts(found), texts(expected)];
  return got.join() === wanted.join() ? undefined : `got ${got.join(', ')}; expected ${wanted.join(', ')}`;
}

/**
 * What is different between the outputs of one topic and what a scenario expects; undefined where nothing is.
 */
export const comparisons: Readonly<
  Record<CompareMode, (found: readonly Entry[], expected: readonly Entry[]) => string | undefined>
> = {
  exact: inOrder,
  perKey: (found, expected) => groupwise(found, expected, 'refused', inOrder),
  perKeySet: (found, expected) => groupwise(found, expected, 'refused', asSets),
  lastPerKey: (found, expected) =>
    groupwise(found, expected, 'free', (got, wanted) => inOrder(last(got), last(wanted))),
  map: (found, expected) =>
    groupwise(found, expected, 'refused', (got, wanted) =>
      inOrder(withoutTime(last(got)), withoutTime(last(wanted))),
    ),
  prefix: (found, expected) => inOrder(found.slice(0, expected.length), expected),
};
