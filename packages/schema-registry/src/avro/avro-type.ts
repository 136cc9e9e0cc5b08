import avro from 'avsc';
import type { RegisteredSchema } from '../registry/schema.ts';
import type { SchemaRegistry } from '../registry/schema-registry.ts';

type AvroTypeSchema = Parameters<typeof avro.Type.forSchema>[0];

/**
 * The type that a schema describes, with what it refers to. `never` keeps unions plain and refuses those
 * whose members could not be distinguished.
 * @throws TypeError when it is not an Avro schema
 */
export function avroType(
  registry: SchemaRegistry,
  subject: string,
  schema: RegisteredSchema,
  wrapUnions: 'auto' | 'never',
): avro.Type {
  const { schemaType = 'AVRO' } = schema;
  if (schemaType !== 'AVRO') throw new TypeError(`${subject} holds ${schemaType} schemas, not Avro`);
  const options = { registry: {}, wrapUnions, omitRecordMethods: true };
  try {
    for (const one of registry.referenced(schema)) {
      avro.Type.forSchema(JSON.parse(one.schema) as AvroTypeSchema, options);
    }
    return avro.Type.forSchema(JSON.parse(schema.schema) as AvroTypeSchema, options);
  } catch (error) {
    if (error instanceof Error && error.name === 'SchemaRegistryError') throw error;
    throw new TypeError(`${subject}: not a schema that Avro understands: ${(error as Error).message}`);
  }
}
