import { asBuffer, type Serde } from '@millrace/log-client';
import type { AnySchemaObject } from 'ajv';
import type { FromSchema, JSONSchema } from 'json-schema-to-ts';
import { z } from 'zod';
import type { RegisteredSchema, SchemaReference } from '../registry/schema.ts';
import { ownId, type SubjectOptions } from '../registry/subject.ts';
import { framed, headerBytes, readSchemaId } from '../wire-format.ts';
import { validator } from './validator.ts';

/** A JSON Schema as a literal, so that its type is known. */
export type JsonSchema = Exclude<JSONSchema, boolean>;

/** The values that a JSON Schema or a zod schema describes. */
export type JsonSchemaValue<S> = S extends z.ZodType
  ? z.output<S>
  : S extends JsonSchema
    ? FromSchema<S>
    : never;

/**
 * JSON with its schema in a registry: a JSON Schema or a zod schema without transforms. Values are checked
 * against it when they are written and when they are read, whichever version wrote them.
 * @throws SchemaRegistryError when the schema is refused or not there; Error when it is not a JSON Schema
 */
export function jsonSchemaSerde<const S extends JsonSchema | z.ZodType>({
  schema,
  references = [],
  ...where
}: SubjectOptions & {
  readonly schema: S;
  /** Where the schemas are that this one points to with `$ref`. */
  readonly references?: readonly SchemaReference[];
}): Serde<JsonSchemaValue<S>> {
  const isZod = schema instanceof z.ZodType;
  const text = JSON.stringify(isZod ? z.toJSONSchema(schema, { target: 'draft-7' }) : schema);
  const own: RegisteredSchema = { schema: text, schemaType: 'JSON', references };
  const check = isZod
    ? (value: unknown) => schema.parse(value)
    : validator(where.subject, schema as AnySchemaObject, where.registry.referenced(own));
  const id = ownId(where, own);
  return {
    name: 'json schema',
    serialize: (value) => framed(id, Buffer.from(JSON.stringify(check(value)), 'utf8')),
    deserialize: (bytes) => {
      const buffer = asBuffer(bytes);
      readSchemaId(buffer);
      return check(JSON.parse(buffer.toString('utf8', headerBytes))) as JsonSchemaValue<S>;
    },
  };
}
