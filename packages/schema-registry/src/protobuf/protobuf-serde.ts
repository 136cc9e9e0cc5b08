import { type DescFile, type DescMessage, fromBinary, type MessageShape, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { asBuffer, type Serde } from '@millrace/log-client';
import type { RegisteredSchema, SchemaReference } from '../registry/schema.ts';
import { ownId, type SubjectOptions } from '../registry/subject.ts';
import { framed, headerBytes, readSchemaId } from '../wire-format.ts';
import { indexesOf, nameAt, readIndexes, writeIndexes } from './message-index.ts';

/**
 * Protobuf with its schema in a registry, for a message that `protoc-gen-es` has generated. What it imports
 * is registered under its path, but for `google/protobuf`, which everyone has.
 * @throws SchemaRegistryError when the schema is refused or not there
 */
export function protobufSerde<Message extends DescMessage>({
  message,
  ...where
}: SubjectOptions & {
  /** The message's generated schema, as `OrderSchema`. */
  readonly message: Message;
}): Serde<MessageShape<Message>> {
  const { registry, subject } = where;
  const id = ownId(where, fileSchema(message.file, where));
  const ownPlace = writeIndexes(indexesOf(message));
  const prefix = framed(id, ownPlace);
  /** What other schemas are known to hold at which place. */
  const names = new Map<string, string | undefined>();

  function assertSame(bytes: Buffer, writerId: number, end: number, indexes: readonly number[]): void {
    if (writerId === id && ownPlace.equals(bytes.subarray(headerBytes, end))) return;
    const place = `${writerId}/${indexes.join('.')}`;
    if (!names.has(place)) {
      const { schema } = registry.schema(subject, writerId, 'serialized');
      const file = fromBinary(FileDescriptorProtoSchema, Buffer.from(schema, 'base64'));
      names.set(place, nameAt(file, indexes));
    }
    const name = names.get(place);
    if (name === message.typeName) return;
    const found = name === undefined ? 'no message' : name;
    throw new TypeError(`${subject}: expected ${message.typeName}, schema ${writerId} says it is ${found}`);
  }

  return {
    name: `protobuf ${message.typeName}`,
    serialize: (value) => Buffer.concat([prefix, toBinary(message, value)]),
    deserialize: (bytes) => {
      const buffer = asBuffer(bytes);
      const writerId = readSchemaId(buffer);
      const { indexes, end } = readIndexes(buffer, headerBytes);
      assertSame(buffer, writerId, end, indexes);
      return fromBinary(message, buffer.subarray(end));
    },
  };
}

function fileSchema(file: DescFile, where: SubjectOptions): RegisteredSchema {
  const schema = Buffer.from(toBinary(FileDescriptorProtoSchema, file.proto)).toString('base64');
  const imports = file.dependencies.filter(({ proto }) => !proto.name.startsWith('google/protobuf/'));
  return { schema, schemaType: 'PROTOBUF', references: imports.map((one) => reference(one, where)) };
}

function reference(file: DescFile, where: SubjectOptions): SchemaReference {
  const { name } = file.proto;
  const schema = fileSchema(file, where);
  ownId({ ...where, subject: name }, schema);
  return { name, subject: name, version: where.registry.versionOf(name, schema) };
}
