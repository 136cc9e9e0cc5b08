import { asBuffer, type Serde } from '@millrace/log-client';
import type avro from 'avsc';
import type { RegisteredSchema, SchemaReference } from '../registry/schema.ts';
import { ownId, type SubjectOptions } from '../registry/subject.ts';
import { headerBytes, readSchemaId, writeHeader } from '../wire-format.ts';
import { avroType } from './avro-type.ts';
import type { AvroSchema, AvroValue } from './avro-value.ts';

type Resolver = ReturnType<avro.Type['createResolver']>;

/**
 * Avro with its schema in a registry. Records that were written with other versions of the schema are read as
 * this one says; logical types stay what they are stored as. The value's type comes from the schema, given as
 * a literal.
 * @throws SchemaRegistryError when the schema is refused or not there; TypeError when it is not an Avro
 * schema
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
  const type = avroType(registry, subject, own, 'never');
  const id = ownId(where, own);
  const resolvers = new Map<number, Resolver>();
  let scratch = Buffer.allocUnsafe(1024);

  function resolverOf(writerId: number): Resolver {
    let resolver = resolvers.get(writerId);
    if (resolver === undefined) {
      const writer = avroType(registry, subject, registry.schema(subject, writerId), 'auto');
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
    name: 'avro',
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
