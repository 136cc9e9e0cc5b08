/** An Avro schema as JSON, written as a literal so that its type is known. */
export type AvroSchema = string | AvroUnion | AvroComplex;
type AvroUnion = readonly AvroSchema[];
interface AvroComplex {
  readonly type: AvroSchema;
  readonly name?: string;
  readonly fields?: readonly AvroField[];
  readonly symbols?: readonly string[];
  readonly items?: AvroSchema;
  readonly values?: AvroSchema;
  readonly [attribute: string]: unknown;
}
interface AvroField {
  readonly name: string;
  readonly type: AvroSchema;
  readonly [attribute: string]: unknown;
}

interface Primitives {
  readonly null: null;
  readonly boolean: boolean;
  readonly int: number;
  /** Numbers up to 2^53; a larger one is refused. */
  readonly long: number;
  readonly float: number;
  readonly double: number;
  readonly bytes: Buffer;
  readonly string: string;
}

/** The values that a schema describes. A named type that is referred to by its name alone is `unknown`. */
export type AvroValue<S> = S extends keyof Primitives
  ? Primitives[S]
  : S extends readonly (infer Member)[]
    ? AvroValue<Member>
    : S extends { readonly type: 'record'; readonly fields: infer Fields extends readonly AvroField[] }
      ? RecordValue<Fields>
      : S extends { readonly type: 'enum'; readonly symbols: readonly (infer Symbol)[] }
        ? Symbol
        : S extends { readonly type: 'array'; readonly items: infer Items }
          ? AvroValue<Items>[]
          : S extends { readonly type: 'map'; readonly values: infer Values }
            ? { [key: string]: AvroValue<Values> }
            : S extends { readonly type: 'fixed' }
              ? Buffer
              : S extends { readonly type: infer Inner extends keyof Primitives | AvroUnion | AvroComplex }
                ? AvroValue<Inner>
                : unknown;

type RecordValue<Fields extends readonly AvroField[]> = {
  [Field in Fields[number] as Field['name']]: AvroValue<Field['type']>;
};
