import { isEmpty, type VersionRange } from './definitions.ts';
import type { Field } from './field.ts';

/** A struct or message: its interface, its reader and its writer. */
export interface Struct {
  readonly name: string;
  readonly isExported: boolean;
  readonly fields: readonly Field[];
  /** The versions in which it appears. */
  readonly scope: VersionRange;
  readonly isEverFlexible: boolean;
}

export function structText(struct: Struct): string {
  return [interfaceText(struct), readerText(struct), writerText(struct)].join('\n\n');
}

function interfaceText({ name, isExported, fields }: Struct): string {
  const lines = fields.map(
    (field) => `  readonly ${field.name}${field.isOptional ? '?' : ''}: ${field.type};`,
  );
  const head = `${isExported ? 'export ' : ''}`;
  if (lines.length === 0) return `${head}type ${name} = Readonly<Record<string, never>>;`;
  return `${head}interface ${name} {\n${lines.join('\n')}\n}`;
}

function readerText({ name, fields, scope, isEverFlexible }: Struct): string {
  const lines: string[] = [];
  const tagged = fields.filter((field) => !isEmpty(field.tagged));
  for (const field of fields) {
    const when = condition(field.placed, scope);
    if (tagged.includes(field)) {
      const first = isEmpty(field.placed) ? field.usual : `${when} ? ${field.readCall} : ${field.usual}`;
      lines.push(`let ${field.name}: Whole<${field.type}> = ${first};`);
    } else {
      const value = when === undefined ? field.readCall : `${when} ? ${field.readCall} : ${field.usual}`;
      lines.push(`const ${field.name} = ${value};`);
    }
  }
  if (isEverFlexible) lines.push(tagged.length === 0 ? 'r.skipTags();' : tagReader(tagged));
  lines.push(`return { ${fields.map((field) => field.name).join(', ')} };`);
  const parameters = `r: WireReader, ${usesVersion(lines) ? 'v' : '_v'}: number`;
  return `function read${name}(${parameters}): Whole<${name}> {\n${lines.join('\n')}\n}`;
}

function tagReader(tagged: readonly Field[]): string {
  const cases = tagged.map(
    (field) => `case ${field.definition.tag}: ${field.name} = ${field.readCall}; break;`,
  );
  return `r.tags((tag) => { switch (tag) { ${cases.join('\n')} default: } });`;
}

function writerText({ name, fields, scope, isEverFlexible }: Struct): string {
  const lines: string[] = [];
  const tagged = fields.filter((field) => !isEmpty(field.tagged));
  for (const field of fields) {
    const value = valueOf(field);
    if (isEmpty(field.placed)) continue;
    const when = condition(field.placed, scope);
    const write = field.writeCall(value);
    if (when === undefined) lines.push(`${write};`);
    else if (field.definition.ignorable === true || tagged.includes(field))
      lines.push(`if (${when}) ${write};`);
    else
      lines.push(
        `if (${when}) ${write}; else w.absent('${name}.${field.name}', o.${field.name}, ${field.usual}, v);`,
      );
  }
  if (isEverFlexible) lines.push(tagged.length === 0 ? 'w.noTags();' : tagWriter(tagged, scope));
  const usesFields = lines.some((line) => /\bo\./.test(line));
  const version = usesVersion(lines) ? 'v' : '_v';
  const parameters = `w: WireWriter, ${usesFields ? 'o' : '_o'}: ${name}, ${version}: number`;
  return `function write${name}(${parameters}): void {\n${lines.join('\n')}\n}`;
}

function valueOf(field: Field): string {
  const value = `o.${field.name}`;
  if (!field.isOptional) return value;
  if (!field.type.includes('null') && field.elementType !== 'records') return `${value} ?? ${field.usual}`;
  return field.usual === 'null' ? `${value} ?? null` : `${value} === undefined ? ${field.usual} : ${value}`;
}

function tagWriter(tagged: readonly Field[], scope: VersionRange): string {
  const entries = tagged
    .toSorted((a, b) => a.definition.tag! - b.definition.tag!)
    .map((field) => {
      const value = `o.${field.name}`;
      const when = condition(field.tagged, scope);
      const differs = `isSet(${value}, ${field.usual})`;
      // Set: the check before it says so, but a closure forgets what was checked.
      const write = field.writeCall(`${value}!`, 't');
      return `${when === undefined ? '' : `${when} && `}${differs} && [${field.definition.tag}, (t) => ${write}]`;
    });
  return `w.tags([${entries.join(', ')}]);`;
}

/** The condition under which a version is in the range; undefined where all are. */
function condition(range: VersionRange, scope: VersionRange): string | undefined {
  const parts: string[] = [];
  if (range.first > scope.first) parts.push(`v >= ${range.first}`);
  if (range.last < scope.last) parts.push(`v <= ${range.last}`);
  return parts.length === 0 ? undefined : parts.join(' && ');
}

function usesVersion(lines: readonly string[]): boolean {
  return lines.some((line) => /\bv\b/.test(line));
}
