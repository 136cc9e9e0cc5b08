/** A registry that refuses, has no such schema, or does not answer. */
export class SchemaRegistryError extends Error {
  override readonly name = 'SchemaRegistryError';
  /** The HTTP status, where the registry gave one. */
  readonly status: number | undefined;

  constructor(message: string, status?: number) {
    super(message);
    this.status = status;
  }
}
