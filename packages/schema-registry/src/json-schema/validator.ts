import { Ajv, type AnySchemaObject } from 'ajv';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

/**
 * Gives back values that satisfy a schema and throws TypeError, with what is wrong and where, for others.
 * @throws Error when it is not a JSON Schema
 */
export function validator(
  subject: string,
  schema: AnySchemaObject,
  referenced: readonly { readonly name: string; readonly schema: string }[],
): (value: unknown) => unknown {
  const ajv = forDraft((schema as { readonly $schema?: string }).$schema ?? '');
  addFormats.default(ajv);
  for (const one of referenced) ajv.addSchema(JSON.parse(one.schema) as AnySchemaObject, one.name);
  const valid = ajv.compile(schema);
  return (value) => {
    if (valid(value)) return value;
    throw new TypeError(`${subject}: ${ajv.errorsText(valid.errors, { dataVar: 'value' })}`);
  };
}

function forDraft(draft: string): Ajv {
  const options = { strict: false, logger: false } as const;
  if (draft.includes('2020-12')) return new Ajv2020(options);
  if (draft.includes('2019-09')) return new Ajv2019(options);
  return new Ajv(options);
}
