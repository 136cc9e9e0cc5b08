import { SchemaRegistryError } from './errors.ts';
import type { RegisteredSchema } from './schema.ts';
import type { SchemaRegistry } from './schema-registry.ts';

/** Where a serde's schema is kept. */
export interface SubjectOptions {
  readonly registry: SchemaRegistry;
  /** By Confluent's convention `<topic>-key` or `<topic>-value`. */
  readonly subject: string;
  /** Whether a schema that is not there yet is registered (the default) or refused. */
  readonly register?: boolean;
}

/** The id under which the serde's own schema is written. */
export function ownId(
  { registry, subject, register = true }: SubjectOptions,
  schema: RegisteredSchema,
): number {
  if (register) return registry.register(subject, schema);
  try {
    return registry.idOf(subject, schema);
  } catch (error) {
    if (!(error instanceof SchemaRegistryError) || error.status !== 404) throw error;
    throw new SchemaRegistryError(
      `${error.message}. Register it first, or leave out \`register: false\``,
      error.status,
    );
  }
}
