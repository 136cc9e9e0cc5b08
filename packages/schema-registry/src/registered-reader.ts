import { asBuffer } from '@millrace/log-client';
import { avroType } from './avro/avro-type.ts';
import { protobufReader } from './protobuf/protobuf-reader.ts';
import type { SchemaRegistry } from './registry/schema-registry.ts';
import { headerBytes, readSchemaId } from './wire-format.ts';

type Read = (payload: Buffer) => unknown;

export interface RegisteredReaderOptions {
  readonly registry: SchemaRegistry;
  /** Where the schemas are, as `orders-value`. */
  readonly subject: string;
}

/**
 * Reads whatever was written through a registry into something that JSON can show, as each record's own
 * schema says: Avro in Avro's JSON encoding, Protobuf in Protobuf's. For tools that know no schema; programs
 * have serdes.
 * @throws SchemaRegistryError when a schema is not there; TypeError for bytes that are not in the wire format
 */
export function registeredReader({
  registry,
  subject,
}: RegisteredReaderOptions): (bytes: Uint8Array) => unknown {
  const readers = new Map<number, Read>();
  return (bytes) => {
    const buffer = asBuffer(bytes);
    const id = readSchemaId(buffer);
    let read = readers.get(id);
    if (read === undefined) {
      read = readerOf(registry, subject, id);
      readers.set(id, read);
    }
    return read(buffer.subarray(headerBytes));
  };
}

function readerOf(registry: SchemaRegistry, subject: string, id: number): Read {
  const schema = registry.schema(subject, id);
  const { schemaType = 'AVRO' } = schema;
  if (schemaType === 'JSON') return (payload) => JSON.parse(payload.toString('utf8')) as unknown;
  if (schemaType === 'PROTOBUF') return protobufReader(registry, subject, id);
  const type = avroType(registry, subject, schema, 'auto');
  return (payload) => JSON.parse(type.toString(type.fromBuffer(payload))) as unknown;
}
