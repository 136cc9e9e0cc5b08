import { boolean, double, integer, long, type Serde, string } from '@millrace/log-client';
import { UsageError } from './usage-error.ts';

const serdes: Readonly<Record<string, Serde<unknown>>> = {
  string: string() as Serde<unknown>,
  long: long() as Serde<unknown>,
  integer: integer() as Serde<unknown>,
  double: double() as Serde<unknown>,
  boolean: boolean() as Serde<unknown>,
};

/** The ways to read and write keys and values on the command line. */
export const codecNames = ['string', 'json', 'long', 'integer', 'double', 'boolean', 'hex'] as const;
export type CodecName = (typeof codecNames)[number];

/** Bytes as something to print; bytes that are not what they should be in hexadecimal, marked. */
export function decode(codec: CodecName, bytes: Uint8Array | null): unknown {
  if (bytes === null) return null;
  const buffer = Buffer.from(bytes);
  if (codec === 'hex') return buffer.toString('hex');
  try {
    return codec === 'json' ? JSON.parse(buffer.toString('utf8')) : serdes[codec]!.deserialize(bytes);
  } catch {
    return undecoded(codec, buffer);
  }
}

/** Bytes that are not what they should be. */
export function undecoded(expected: string, bytes: Uint8Array): unknown {
  return { notA: expected, hex: Buffer.from(bytes).toString('hex') };
}

/** @throws UsageError for a text that is no such thing */
export function encode(codec: CodecName, text: string): Uint8Array {
  try {
    if (codec === 'hex') {
      if (!/^([0-9a-f]{2})*$/i.test(text)) throw new Error('not hexadecimal');
      return Buffer.from(text, 'hex');
    }
    if (codec === 'json') return Buffer.from(JSON.stringify(JSON.parse(text)));
    if (codec === 'string') return Buffer.from(text);
    if (codec === 'boolean') return serdes['boolean']!.serialize(text === 'true');
    if (text.trim() === '') throw new Error('empty');
    return serdes[codec]!.serialize(Number(text));
  } catch (error) {
    throw new UsageError(`${JSON.stringify(text)} is no ${codec}: ${(error as Error).message}`);
  }
}
