import type { KeyValue } from '@millrace/streams-core';
import type { NamedFunction, Scalar } from './schema.ts';

/** A scenario asks for something that is not there: an operator, or a function of a name nobody knows. */
export class UnsupportedScenario extends Error {
  override readonly name = 'UnsupportedScenario';
}

export function nameOf(named: NamedFunction): string {
  return typeof named === 'string' ? named : named.fn;
}

export function argument(named: NamedFunction, key: string): unknown {
  return typeof named === 'string' ? undefined : named[key];
}

function lookUp<F>(role: string, functions: Readonly<Record<string, F>>, named: NamedFunction): F {
  const found = functions[nameOf(named)];
  if (found === undefined) throw new UnsupportedScenario(`there is no ${role} "${nameOf(named)}"`);
  return found;
}

type Join = (left: Scalar, right: Scalar, key: Scalar) => Scalar;

const text = (value: Scalar): string => String(value);
const sum = (a: Scalar, b: Scalar): number => Number(a) + Number(b);
const signed =
  (sign: string) =>
  (a: Scalar, b: Scalar): string =>
    `${text(a)}${sign}${text(b)}`;

export const joiner = (named: NamedFunction): Join =>
  lookUp<Join>(
    'joiner',
    {
      'concat-plus': signed('+'),
      'concat-dash': signed('-'),
      'concat-pipe': signed('|'),
      'concat-percent': signed('%'),
      'paren-comma': (left, right) => `(${text(left)},${text(right)})`,
      rejoin: (left, right) => `rejoin(${text(left)},${text(right)})`,
      'key-colon-sum': (left, right, key) => `${text(key)}:${sum(left, right ?? 0)}`,
    },
    named,
  );

export const initializer = (named: NamedFunction): (() => Scalar) =>
  lookUp('initializer', { 'str-0': () => '0', 'str-empty': () => '', 'int-0': () => 0 }, named);

const folds: Readonly<Record<string, (aggregate: Scalar, value: Scalar) => Scalar>> = {
  'concat-plus': signed('+'),
  'concat-minus': signed('-'),
  'concat-colon': signed(':'),
  concat: signed(''),
  increment: (aggregate) => sum(aggregate, 1),
  sum,
  subtract: (aggregate, value) => Number(aggregate) - Number(value),
  'sum-parsed-int': (aggregate, value) => sum(aggregate, Number.parseInt(text(value), 10)),
  'remove-all-occurrences': (aggregate, value) => text(aggregate).replaceAll(text(value), ''),
};

/** Aggregators, reducers, adders and subtractors: what is there, then what comes. */
export const fold = (named: NamedFunction): ((aggregate: Scalar, value: Scalar) => Scalar) =>
  lookUp('aggregator', folds, named);

export function predicate(named: NamedFunction): (value: Scalar, key: Scalar) => boolean {
  const n = Number(argument(named, 'n'));
  return lookUp<(value: Scalar, key: Scalar) => boolean>(
    'predicate',
    {
      'key-multiple-of': (_value, key) => Number(key) % n === 0,
      'key-negative': (_value, key) => Number(key) < 0,
      'value-even': (value) => Number(value) % 2 === 0,
      'value-equals-accept-ignore-case': (value) => text(value).toLowerCase() === 'accept',
    },
    named,
  );
}

export const mapValues = (named: NamedFunction): ((value: Scalar, key: Scalar) => Scalar) =>
  lookUp<(value: Scalar, key: Scalar) => Scalar>(
    'mapValues function',
    {
      length: (value) => text(value).length,
      'length-plus-key': (value, key) => sum(text(value).length, key),
      'digit-char-to-int': (value) => Number(text(value)[0]),
      'parse-int': (value) => Number.parseInt(text(value), 10),
      'first-letter-index': (value) => text(value).charCodeAt(0) - 'a'.charCodeAt(0),
    },
    named,
  );

type Pair = KeyValue<Scalar, Scalar>;

export const map = (named: NamedFunction): ((value: Scalar, key: Scalar) => Pair) =>
  lookUp<(value: Scalar, key: Scalar) => Pair>(
    'map function',
    {
      swap: (value, key) => [value, key],
      'identity-kv': (value, key) => [key, value],
      'key-letter-index': (value, key) => [text(key).charCodeAt(0) - 'A'.charCodeAt(0), value],
    },
    named,
  );

export const flatMap = (named: NamedFunction): ((value: Scalar, key: Scalar) => Pair[]) =>
  lookUp<(value: Scalar, key: Scalar) => Pair[]>(
    'flatMap function',
    {
      'repeat-key-times': (value, key) =>
        Array.from({ length: Number(key) }, (_, i) => [String(Number(key) * 10 + i), value] as const),
      'identity-kv-list': (value, key) => [[key, value]],
    },
    named,
  );

export const flatMapValues = (named: NamedFunction): ((value: Scalar, key: Scalar) => Scalar[]) =>
  lookUp<(value: Scalar, key: Scalar) => Scalar[]>(
    'flatMapValues function',
    {
      'v-and-V-prefix': (value) => [`v${text(value)}`, `V${text(value)}`],
      'v-prefix-and-k-key': (value, key) => [`v${text(value)}`, `k${text(key)}`],
    },
    named,
  );

const numberWords: Readonly<Record<string, string>> = { 1: 'ONE', 2: 'TWO', 3: 'THREE' };
const word = (value: Scalar): Scalar => numberWords[text(value)] ?? null;

/** selectKey, the stream's groupBy, toStream's key mapper, and a global table's key selector. */
export const newKey = (named: NamedFunction): ((value: Scalar, key: Scalar) => Scalar) =>
  lookUp<(value: Scalar, key: Scalar) => Scalar>(
    'key selector',
    {
      key: (_value, key) => key,
      'number-word-of-value': (value) => word(value),
      'number-word-of-key': (_value, key) => word(key),
      'csv-second-token': (value) => text(value).split(',')[1] ?? null,
      'always-null': () => null,
    },
    named,
  );

/** The right table's key in a foreign-key join. */
export const foreignKey = (named: NamedFunction): ((value: Scalar) => Scalar) =>
  lookUp<(value: Scalar) => Scalar>(
    'foreign key',
    {
      'second-pipe-token': (value) => text(value).split('|')[1] ?? null,
      'second-pipe-token-or-null': (value) => {
        const token = text(value).split('|')[1] ?? null;
        return token === 'returnNull' ? null : token;
      },
      'first-dash-token-int': (value) => Number.parseInt(text(value), 10),
      'always-null': () => null,
    },
    named,
  );

export const groupTable = (named: NamedFunction): ((value: Scalar, key: Scalar) => Pair | null) =>
  lookUp<(value: Scalar, key: Scalar) => Pair | null>(
    'groupBy function',
    {
      'identity-kv': (value, key) => [key, value],
      'value-as-kv': (value) => [value, value],
      'first-char-second-char': (_value, key) => [text(key)[0] ?? null, text(key)[1] ?? null],
      'value-to-int': (value, key) => [key, Math.trunc(Number(value))],
      'value-as-kv-null-aware': (value, key) => {
        if (key === 'null') return [null, value];
        return key === 'NULL' ? null : [value, value];
      },
    },
    named,
  );
