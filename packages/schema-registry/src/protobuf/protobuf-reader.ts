import {
  createFileRegistry,
  type DescFile,
  type DescMessage,
  fromBinary,
  type JsonValue,
  toJson,
} from '@bufbuild/protobuf';
import { protoCamelCase } from '@bufbuild/protobuf/reflect';
import * as wellKnown from '@bufbuild/protobuf/wkt';
import {
  type DescriptorProto,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
} from '@bufbuild/protobuf/wkt';
import type { RegisteredSchema } from '../registry/schema.ts';
import type { SchemaRegistry } from '../registry/schema-registry.ts';
import { messageAt, readIndexes } from './message-index.ts';

/** Types that every schema may use and no registry has: `google/protobuf/*.proto`. */
const commonFiles = new Map(
  Object.values(wellKnown)
    .filter((one): one is DescFile => typeof one === 'object' && 'kind' in one && one.kind === 'file')
    .map((file) => [file.proto.name, file]),
);

function parse(base64: string): FileDescriptorProto {
  const file = fromBinary(FileDescriptorProtoSchema, Buffer.from(base64, 'base64'));
  nameFields(file.messageType);
  return file;
}

/** Registries leave out names that follow from others, protoc does not. */
function nameFields(messages: readonly DescriptorProto[]): void {
  for (const { field, nestedType } of messages) {
    for (const one of field) if (one.jsonName === '') one.jsonName = protoCamelCase(one.name);
    nameFields(nestedType);
  }
}

/** Reads what was written with a schema, whichever of its messages it is, as Protobuf's JSON. */
export function protobufReader(
  registry: SchemaRegistry,
  subject: string,
  id: number,
): (payload: Buffer) => JsonValue {
  const schema: RegisteredSchema = registry.schema(subject, id, 'serialized');
  const imported = new Map(
    registry.referenced(schema, 'serialized').map((one) => {
      const file = parse(one.schema);
      file.name = one.name;
      return [one.name, file] as const;
    }),
  );
  const own = parse(schema.schema);
  if (own.name === '') own.name = `schema-${id}.proto`;
  const files = createFileRegistry(own, (name) => imported.get(name) ?? commonFiles.get(name));
  const messages = files.getFile(own.name)!.messages;
  return (payload) => {
    const { indexes, end } = readIndexes(payload, 0);
    const message: DescMessage | undefined = messageAt(messages, indexes);
    if (message === undefined) {
      throw new TypeError(`${subject}: schema ${id} has no message at ${indexes.join('.')}`);
    }
    return toJson(message, fromBinary(message, payload.subarray(end)), { registry: files });
  };
}
