import type { Serde } from '@millrace/log-client';
import avro from 'avsc';
import type { RegisteredSchema, SchemaReference } from '../registry/schema.ts';
import type { SchemaRegistry } from '../registry/schema-registry.ts';
import { ownId, type SubjectOptions } from '../registry/subject.ts';
import { asBuffer, headerBytes, readSchemaId, writeHeader } from '../wire-format.ts';
import type { AvroSchema, AvroValue } from './avro-value.ts';

type Resolver = ReturnType<avro.Type['createResolver']>;
type AvroTypeSchema = Parameters<typeof avro.Type.forSchema>[0];

/**
 * Avro with its schema in a registry. Records that were written with other versions of the schema are read as this one
 * says; logical types stay what they are stored as. The value's type comes from the schema, given as a literal.
 * @throws SchemaRegistryError when the schema is refused or not there; TypeError when it is not an Avro schema
 */
export function avroSerde<const S extends AvroSchema>({
  schema,
  references = [],
  ...where
}: SubjectOptions & {
  readonly schema: S;
  /** Where the named types are that the schema uses and does not define. */
  readonly references?: readonly SchemaReference[];
}): Serde<AvroValue<S>> {
  const { registry, subject } = where;
  const own: RegisteredSchema = { schema: JSON.stringify(schema), schemaType: 'AVRO', references };
  const type = parse(registry, subject, own, 'never');
  const id = ownId(where, own);
  const resolvers = new Map<number, Resolver>();
  let scratch = Buffer.allocUnsafe(1024);

  function resolverOf(writerId: number): Resolver {
    let resolver = resolvers.get(writerId);
    if (resolver === undefined) {
      const writer = parse(registry, subject, registry.schema(subject, writerId), 'auto');
      try {
        resolver = type.createResolver(writer);
      } catch (error) {
        throw new TypeError(
          `${subject}: what schema ${writerId} writes cannot be read as schema ${id}: ${(error as Error).message}`,
        );
      }
      resolvers.set(writerId, resolver);
    }
    return resolver;
  }

  const serde: Serde<unknown> = {
    serialize: (value) => {
      let end = type.encode(value, scratch, headerBytes);
      if (end < 0) {
        scratch = Buffer.allocUnsafe(2 * (scratch.length - end));
        end = type.encode(value, scratch, headerBytes);
      }
      writeHeader(scratch, id);
      return Buffer.from(scratch.subarray(0, end));
    },
    deserialize: (bytes) => {
      const buffer = asBuffer(bytes);
      const writerId = readSchemaId(buffer);
      const payload = buffer.subarray(headerBytes);
      return writerId === id ? type.fromBuffer(payload) : type.fromBuffer(payload, resolverOf(writerId));
    },
  };
  return serde as Serde<AvroValue<S>>;
}

/** `never` keeps unions plain and refuses those whose members could not be told apart. */
function parse(
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
