import {
  covers,
  type FieldDefinition,
  isEmpty,
  overlap,
  type VersionRange,
  versionRange,
} from './definitions.ts';

/** How a type of the definitions is called on the reader, on the writer and in TypeScript. */
const primitives: Readonly<
  Record<string, { readonly call: string; readonly type: string; readonly usual: string }>
> = {
  bool: { call: 'bool', type: 'boolean', usual: 'false' },
  int8: { call: 'int8', type: 'number', usual: '0' },
  int16: { call: 'int16', type: 'number', usual: '0' },
  uint16: { call: 'uint16', type: 'number', usual: '0' },
  int32: { call: 'int32', type: 'number', usual: '0' },
  uint32: { call: 'uint32', type: 'number', usual: '0' },
  int64: { call: 'int64', type: 'number', usual: '0' },
  float64: { call: 'float64', type: 'number', usual: '0' },
  string: { call: 'string', type: 'string', usual: "''" },
  uuid: { call: 'uuid', type: 'string', usual: 'zeroUuid' },
  bytes: { call: 'bytes', type: 'Uint8Array', usual: 'noBytes' },
  records: { call: 'records', type: 'WireRecords', usual: 'null' },
};

/** One field of a struct, in the versions that are generated. */
export class Field {
  readonly definition: FieldDefinition;
  readonly name: string;
  readonly isArray: boolean;
  /** Of the field, or of an array's elements. */
  readonly elementType: string;
  /** The versions of the message in which its struct appears. */
  readonly #scope: VersionRange;
  readonly #structName: (name: string) => string;

  constructor(definition: FieldDefinition, scope: VersionRange, structName: (name: string) => string) {
    this.definition = definition;
    this.name = definition.name[0]!.toLowerCase() + definition.name.slice(1);
    this.isArray = definition.type.startsWith('[]');
    this.elementType = this.isArray ? definition.type.slice(2) : definition.type;
    this.#scope = scope;
    this.#structName = structName;
  }

  /** The versions in which it is there at all. */
  get versions(): VersionRange {
    return overlap(versionRange(this.definition.versions), this.#scope);
  }

  /** The versions in which it is at its place, not among the tagged fields. */
  get placed(): VersionRange {
    const tagged = this.tagged;
    if (isEmpty(tagged)) return this.versions;
    return { first: this.versions.first, last: tagged.first - 1 };
  }

  get tagged(): VersionRange {
    return overlap(versionRange(this.definition.taggedVersions), this.versions);
  }

  get isStruct(): boolean {
    return primitives[this.elementType] === undefined;
  }

  /** Whether null is one of its values on the wire. */
  get isNullable(): boolean {
    return !isEmpty(overlap(versionRange(this.definition.nullableVersions), this.#scope));
  }

  /** A struct that is not there in every version has no default but null. */
  get #mayBeAbsent(): boolean {
    return this.isStruct && !this.isArray && !covers(this.placed, this.#scope);
  }

  get type(): string {
    const element = primitives[this.elementType]?.type ?? this.#structName(this.elementType);
    const type = this.isArray ? `readonly ${element}[]` : element;
    const isNull = (this.isNullable || this.#mayBeAbsent) && this.elementType !== 'records';
    return isNull ? `${type} | null` : type;
  }

  /** Its value where a message says nothing: an expression. */
  get usual(): string {
    const { default: given } = this.definition;
    if (given === 'null' || this.#mayBeAbsent) return 'null';
    if (this.isArray) return '[]';
    const { type, usual } = primitives[this.elementType] ?? { type: 'struct', usual: 'null' };
    if (given === undefined || given === '') return usual;
    if (type === 'string') return `'${given}'`;
    return type === 'number' ? String(Number(given)) : String(given);
  }

  /** May be left out of what is written. */
  get isOptional(): boolean {
    const { default: given, ignorable } = this.definition;
    if (this.isStruct && !this.isArray) return this.#mayBeAbsent || given === 'null';
    // A server that does not throttle need not say so.
    if (this.name === 'throttleTimeMs') return true;
    return given !== undefined || ignorable === true || !covers(this.placed, this.#scope);
  }

  get readCall(): string {
    const { elementType, isNullable } = this;
    const call = primitives[elementType]?.call;
    const struct = call === undefined ? `read${this.#structName(elementType)}` : `element.get${upper(call)}`;
    if (this.isArray) return `r.${isNullable ? 'nullableArray' : 'array'}(${struct}, v)`;
    if (call === undefined) return isNullable ? `r.nullable(${struct}, v)` : `${struct}(r, v)`;
    return `r.${this.#methodFor(call)}()`;
  }

  /** @param value an expression of its type */
  writeCall(value: string, writer = 'w'): string {
    const { elementType, isNullable } = this;
    const call = primitives[elementType]?.call;
    const struct = call === undefined ? `write${this.#structName(elementType)}` : `element.put${upper(call)}`;
    if (this.isArray) return `${writer}.${isNullable ? 'nullableArray' : 'array'}(${value}, ${struct}, v)`;
    if (call !== undefined) return `${writer}.${this.#methodFor(call)}(${value})`;
    return isNullable ? `${writer}.nullable(${value}, ${struct}, v)` : `${struct}(${writer}, ${value}, v)`;
  }

  #methodFor(call: string): string {
    const hasNull = call === 'string' || call === 'bytes';
    return this.isNullable && hasNull ? `nullable${upper(call)}` : call;
  }
}

export function upper(name: string): string {
  return name[0]!.toUpperCase() + name.slice(1);
}
