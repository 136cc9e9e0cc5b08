/** A program with records for it. */
export interface Example {
  readonly title: string;
  readonly source: string;
  readonly records: string;
}

const sources = import.meta.glob(
  ['../../../examples/recipes/src/*.ts', '../../../examples/use-cases/src/*/*.ts'],
  { query: '?raw', import: 'default', eager: true },
);

/** A program of the examples, as it is written: `recipes/src/alert.ts`. */
export function sourceOf(file: string): string {
  const source = sources[`../../../examples/${file}`];
  if (source !== undefined) return source;
  throw new Error(`There is no example ${file}`);
}
