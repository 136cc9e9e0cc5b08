import type { GeneratedApi } from './apis.ts';
import {
  covers,
  type FieldDefinition,
  isEmpty,
  type MessageDefinition,
  overlap,
  type VersionRange,
  versionRange,
} from './definitions.ts';
import { Field, upper } from './field.ts';
import { type Struct, structText } from './struct.ts';

/** The TypeScript module of one API: its request and response. */
export function apiModule(
  { name, min, max }: GeneratedApi,
  request: MessageDefinition,
  response: MessageDefinition,
): string {
  const taken = new Set<string>();
  const scope = { first: min, last: max };
  const bodies = [request, response].map((message) => {
    if (!covers(versionRange(message.validVersions), scope)) {
      throw new Error(`${message.name} has versions ${message.validVersions}, not ${min} to ${max}`);
    }
    return structsOf(message, scope, taken).map(structText).join('\n\n');
  });
  const flexibleFrom = versionRange(request.flexibleVersions).first;
  const flexible = request.flexibleVersions === 'none' ? 'Number.POSITIVE_INFINITY' : String(flexibleFrom);
  const api = `export const ${name[0]!.toLowerCase()}${name.slice(1)}Api: WireApi<${name}Request, ${name}Response> = {
  key: ${request.apiKey},
  name: '${name}',
  minVersion: ${min},
  maxVersion: ${max},
  flexibleFrom: ${flexible},
  request: { read: read${name}Request, write: write${name}Request },
  response: { read: read${name}Response, write: write${name}Response },
};`;
  const body = [...bodies, api].join('\n\n');
  const values = ['isSet', 'noBytes', 'zeroUuid'].filter((value) => new RegExp(`\\b${value}\\b`).test(body));
  const types = ['Whole', 'WireApi', 'WireReader', 'WireRecords', 'WireWriter']
    .filter((type) => new RegExp(`\\b${type}\\b`).test(body))
    .map((type) => `type ${type}`);
  const imports = [
    ...(body.includes('element.') ? [`import * as element from '../../wire/elements.ts';`] : []),
    `import { ${[...values, ...types].join(', ')} } from '../../wire/index.ts';`,
  ];
  const head =
    "// Generated from Apache Kafka's message definitions by tools/kafka-messages: see NOTICE. Not to be edited.";
  return `${[head, ...imports].join('\n')}\n\n${body}\n`;
}

/** A message's structs, those first that others are made of. */
function structsOf(message: MessageDefinition, scope: VersionRange, taken: Set<string>): Struct[] {
  const common = new Map((message.commonStructs ?? []).map(({ name, fields }) => [name, fields]));
  const isEverFlexible = !isEmpty(overlap(versionRange(message.flexibleVersions), scope));
  const names = new Map<string, string>();
  const structName = (name: string): string => names.get(name)!;
  const found: Struct[] = [];
  const add = (name: string, definitions: readonly FieldDefinition[], range: VersionRange): void => {
    for (const definition of definitions) {
      const inner = overlap(versionRange(definition.versions), range);
      const element = definition.type.replace('[]', '');
      const fields = definition.fields ?? common.get(element);
      if (fields === undefined || isEmpty(inner) || names.has(element)) continue;
      const own = taken.has(element) ? `${message.name}${upper(element)}` : element;
      taken.add(own);
      names.set(element, own);
      // A common struct appears in several places: in all versions, to be safe.
      add(own, fields, common.has(element) ? scope : inner);
    }
    const fields = definitions
      .filter(({ versions }) => !isEmpty(overlap(versionRange(versions), range)))
      .map((definition) => new Field(definition, range, structName));
    found.push({ name, isExported: name === message.name, fields, scope: range, isEverFlexible });
  };
  add(message.name, message.fields, scope);
  return found;
}
