export type { AvroSchema, AvroValue } from './avro/avro-value.ts';
export { avroSerde } from './avro/avro-serde.ts';
export { type JsonSchema, type JsonSchemaValue, jsonSchemaSerde } from './json-schema/json-schema-serde.ts';
export { protobufSerde } from './protobuf/protobuf-serde.ts';
export { SchemaRegistryError } from './registry/errors.ts';
export type { SchemaRegistryAuth, SchemaRegistryOptions } from './registry/options.ts';
export type { RegisteredSchema, SchemaReference } from './registry/schema.ts';
export { SchemaRegistry, schemaRegistry } from './registry/schema-registry.ts';
export type { SubjectOptions } from './registry/subject.ts';
