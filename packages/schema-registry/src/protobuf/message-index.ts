import type { DescMessage } from '@bufbuild/protobuf';
import type { DescriptorProto, FileDescriptorProto } from '@bufbuild/protobuf/wkt';

// Confluent's wire format says which message of a file it is: its place among its siblings, from the
// outermost in.

/** A message's places, from the outermost message of its file in. */
export function indexesOf(message: DescMessage): number[] {
  const { parent } = message;
  const siblings = parent === undefined ? message.file.messages : parent.nestedMessages;
  return [...(parent === undefined ? [] : indexesOf(parent)), siblings.indexOf(message)];
}

/** The message at some places of a file's messages; undefined where there is none. */
export function messageAt(
  messages: readonly DescMessage[],
  [first, ...inner]: readonly number[],
): DescMessage | undefined {
  const message = messages[first ?? 0];
  return message === undefined || inner.length === 0 ? message : messageAt(message.nestedMessages, inner);
}

/** The full name of the message at some places of a file; undefined where there is none. */
export function nameAt(file: FileDescriptorProto, indexes: readonly number[]): string | undefined {
  const names = file.package === '' ? [] : [file.package];
  let messages: readonly DescriptorProto[] = file.messageType;
  for (const index of indexes) {
    const message = messages[index];
    if (message === undefined) return undefined;
    names.push(message.name);
    messages = message.nestedType;
  }
  return names.join('.');
}

/** Zigzag varints: how many, and each; the first message alone is a single zero. */
export function writeIndexes(indexes: readonly number[]): Buffer {
  if (indexes.length === 1 && indexes[0] === 0) return Buffer.of(0);
  return Buffer.from([indexes.length, ...indexes].flatMap((one) => varint(one * 2)));
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}

/** The places written from `start`, and where they end. */
export function readIndexes(bytes: Buffer, start: number): { indexes: number[]; end: number } {
  let at = start;
  const next = (): number => {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined) break;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 1;
    }
    throw new TypeError('The message indexes after the schema id are cut off or too long');
  };
  const count = next();
  if (count === 0) return { indexes: [0], end: at };
  if (count > bytes.length) throw new TypeError(`${count} message indexes do not fit ${bytes.length} bytes`);
  return { indexes: Array.from({ length: count }, next), end: at };
}
