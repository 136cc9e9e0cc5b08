import { allocateBytes } from './memory.ts';
import { asBuffer, readLong, writeLong } from './bytes.ts';
import { readText, textBytes } from './text.ts';

/**
 * Turns values into bytes and back. Null never reaches a serde: a null key or value is stored as null.
 * Throw from either side to refuse a value; the runtime then asks its exception handler.
 */
export interface Serde<T> {
  /**
   * What it is, e.g. `string`: for error messages, and to notice that a store was written by another serde.
   */
  readonly name?: string;
  serialize(value: T): Uint8Array;
  deserialize(bytes: Uint8Array): T;
  /** For serdes whose bytes are UTF-8: the text of what `serialize` gives. */
  serializeText?(value: T): string;
  /** Likewise: as `deserialize`, of the text. Saves a step where the log already has the text. */
  deserializeText?(text: string): T;
  /**
   * Throws where a value is none that `deserialize` would give back; asked for in tests, or where an app says
   * so.
   */
  check?(value: T): void;
  /**
   * True where values are not changed in place, so that a store may keep them as they are: strings and
   * numbers, and objects that user code leaves alone. A serde of objects needs a `mapKey` for use as a key.
   */
  readonly immutable?: boolean;
  /** True where null is one of its values, as `nullable` says: a stream of its topic then has nulls. */
  readonly admitsNull?: boolean;
  /**
   * Where what was written earlier may have another form: whether bytes have the form that `serialize` gives.
   */
  isCurrent?(bytes: Uint8Array): boolean;
  /** A string or number for each value, equal exactly where the bytes are; cheaper to make than the bytes. */
  mapKey?(value: T): unknown;
  /**
   * Likewise in two parts, where a text of both would cost more: of a windowed key the window, and its key.
   */
  mapGroup?(value: T): unknown;
  mapMember?(value: T): unknown;
}

function assertLength(bytes: Uint8Array, length: number, type: string): void {
  if (bytes.length !== length) throw new TypeError(`A ${type} takes ${length} bytes, got ${bytes.length}`);
}

function asText(value: string): string {
  if (typeof value !== 'string') throw new TypeError(`Expected a string, got ${typeof value}`);
  return value;
}

const stringSerde: Serde<string> = {
  name: 'string',
  immutable: true,
  serialize: (value) => textBytes(asText(value)),
  serializeText: asText,
  deserialize: (bytes) => readText(asBuffer(bytes), 0, bytes.length),
  deserializeText: (text) => text,
};

/** Whether a serde's values are keys of a Map as they are: equal exactly where their bytes are. */
export function areOwnMapKeys({ immutable, mapKey }: Pick<Serde<never>, 'immutable' | 'mapKey'>): boolean {
  return immutable === true && mapKey === undefined;
}

/** UTF-8 text, as Kafka's StringSerializer writes it. */
export function string(): Serde<string> {
  return stringSerde;
}

const doubleSerde: Serde<number> = {
  name: 'double',
  immutable: true,
  serialize: (value) => {
    if (typeof value !== 'number') throw new TypeError(`Expected a number, got ${typeof value}`);
    const bytes = allocateBytes(8);
    bytes.writeDoubleBE(value, 0);
    return bytes;
  },
  deserialize: (bytes) => {
    assertLength(bytes, 8, 'double');
    return asBuffer(bytes).readDoubleBE(0);
  },
};

/** An 8-byte IEEE double, as Kafka's DoubleSerializer writes it. */
export function double(): Serde<number> {
  return doubleSerde;
}

/** Any JavaScript number; the same bytes as {@link double}. */
export function number(): Serde<number> {
  return doubleSerde;
}

const longSerde: Serde<number> = {
  name: 'long',
  immutable: true,
  serialize: (value) => {
    if (!Number.isSafeInteger(value)) throw new RangeError(`Expected a safe integer, got ${String(value)}`);
    const bytes = allocateBytes(8);
    writeLong(bytes, value, 0);
    return bytes;
  },
  deserialize: (bytes) => {
    assertLength(bytes, 8, 'long');
    const value = readLong(asBuffer(bytes), 0);
    if (!Number.isSafeInteger(value))
      throw new RangeError('A long beyond 2^53 does not fit a JavaScript number');
    return value;
  },
};

/** An 8-byte signed integer, as Kafka's LongSerializer writes it; safe integers only. */
export function long(): Serde<number> {
  return longSerde;
}

const integerSerde: Serde<number> = {
  name: 'integer',
  immutable: true,
  serialize: (value) => {
    if ((value | 0) !== value) throw new RangeError(`Expected a 32-bit integer, got ${String(value)}`);
    const bytes = allocateBytes(4);
    bytes.writeInt32BE(value, 0);
    return bytes;
  },
  deserialize: (bytes) => {
    assertLength(bytes, 4, 'integer');
    return asBuffer(bytes).readInt32BE(0);
  },
};

/** A 4-byte signed integer, as Kafka's IntegerSerializer writes it. */
export function integer(): Serde<number> {
  return integerSerde;
}

const booleanSerde: Serde<boolean> = {
  name: 'boolean',
  immutable: true,
  serialize: (value) => {
    if (typeof value !== 'boolean') throw new TypeError(`Expected a boolean, got ${typeof value}`);
    return Buffer.of(value ? 1 : 0);
  },
  deserialize: (bytes) => {
    assertLength(bytes, 1, 'boolean');
    return bytes[0] !== 0;
  },
};

/** One byte, 1 or 0, as Kafka's BooleanSerializer writes it. */
export function boolean(): Serde<boolean> {
  return booleanSerde;
}

const bytesSerde: Serde<Uint8Array> = {
  name: 'bytes',
  serialize: (value) => {
    if (!(value instanceof Uint8Array)) throw new TypeError(`Expected bytes, got ${typeof value}`);
    return value;
  },
  deserialize: (bytes) => bytes,
};

/** Bytes as they are. */
export function bytes(): Serde<Uint8Array> {
  return bytesSerde;
}

/** The same serde as a plain object: methods may be those of a class, and each is called on its own serde. */
export function plainSerde<T>(serde: Serde<T>): Serde<T> {
  const given: Partial<Record<keyof Serde<T>, unknown>> = {
    name: serde.name,
    immutable: serde.immutable,
    admitsNull: serde.admitsNull,
    serialize: serde.serialize.bind(serde),
    // What only writes has none.
    deserialize: (serde.deserialize as Serde<T>['deserialize'] | undefined)?.bind(serde),
    serializeText: serde.serializeText?.bind(serde),
    deserializeText: serde.deserializeText?.bind(serde),
    check: serde.check?.bind(serde),
    isCurrent: serde.isCurrent?.bind(serde),
    mapKey: serde.mapKey?.bind(serde),
    mapGroup: serde.mapGroup?.bind(serde),
    mapMember: serde.mapMember?.bind(serde),
  };
  const there = Object.entries(given).filter(([, member]) => member !== undefined);
  return Object.fromEntries(there) as unknown as Serde<T>;
}

/**
 * The same serde for values that may be null: records without a key, and those that delete a row. Null is
 * stored as null, not by the serde.
 */
export function nullable<T>(serde: Serde<T>): Serde<T | null> {
  const made: Serde<T> = { ...plainSerde(serde), admitsNull: true };
  return made as Serde<T | null>;
}
