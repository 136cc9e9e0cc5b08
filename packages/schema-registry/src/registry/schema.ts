/** A schema of another subject that a schema refers to. */
export interface SchemaReference {
  /** What the schema calls it: a full name (Avro), an import's path (Protobuf), a URI (JSON Schema). */
  readonly name: string;
  readonly subject: string;
  readonly version: number;
}

/** A schema as the registry keeps it. */
export interface RegisteredSchema {
  readonly schema: string;
  /** `AVRO` where it is not given. */
  readonly schemaType?: string;
  readonly references?: readonly SchemaReference[];
}
