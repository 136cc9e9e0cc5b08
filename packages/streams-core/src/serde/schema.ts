/**
 * What validates values: a schema of any library that speaks Standard Schema (zod, valibot, arktype, effect),
 * or one with a `parse` that throws.
 */
export type Schema<T, I = unknown> = StandardSchema<T, I> | ParsingSchema<T>;

/** A schema by the interface that validation libraries share, https://standardschema.dev, version 1. */
export interface StandardSchema<T, I = unknown> {
  readonly '~standard': {
    readonly version: 1;
    readonly validate: (value: unknown) => SchemaResult<T> | Promise<SchemaResult<T>>;
    /** Says in types what goes in and what comes out. */
    readonly types?: { readonly input: I; readonly output: T } | undefined;
  };
}

export interface ParsingSchema<T> {
  parse(value: unknown): T;
}

/** The value as the schema gives it back, or what is wrong with it. */
export type SchemaResult<T> =
  | { readonly value: T; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** A value does not fit its schema; the message says where, and what was expected there. */
export class SchemaError extends TypeError {
  override readonly name = 'SchemaError';
  readonly issues: readonly SchemaIssue[];

  constructor(issues: readonly SchemaIssue[]) {
    const shown = issues.slice(0, shownIssues).map(describeIssue);
    const more = issues.length > shownIssues ? [`and ${issues.length - shownIssues} more`] : [];
    super([...shown, ...more].join('; '));
    this.issues = issues;
  }
}

const shownIssues = 5;

function describeIssue({ message, path = [] }: SchemaIssue): string {
  const keys = path.map((part) => String(typeof part === 'object' ? part.key : part));
  return keys.length === 0 ? message : `${keys.join('.')}: ${message}`;
}

/**
 * The function that gives back a value as its schema does. @throws SchemaError where it does not fit; what
 * `parse` throws
 */
export function validating<T>(schema: Schema<T>): (value: unknown) => T {
  if (!('~standard' in schema)) return (value) => schema.parse(value);
  const standard = schema['~standard'];
  return (value) => {
    const result = standard.validate(value);
    if (result instanceof Promise) {
      result.catch(() => {});
      throw new TypeError('The schema validates asynchronously; a serde needs one that answers at once');
    }
    if (result.issues !== undefined) throw new SchemaError(result.issues);
    return result.value;
  };
}
