import type { WireReader } from './reader.ts';
import type { WireWriter } from './writer.ts';

/** What is read: nothing left out, and bytes as buffers that share the message's memory. */
export type Whole<T> = T extends string | number | boolean | null
  ? T
  : T extends Uint8Array
    ? Buffer
    : T extends readonly Uint8Array[]
      ? never
      : T extends readonly (infer E)[]
        ? readonly Whole<E>[]
        : { readonly [K in keyof T]-?: Whole<Exclude<T[K], undefined>> };

export interface MessageCodec<T> {
  readonly read: (reader: WireReader, version: number) => Whole<T>;
  readonly write: (writer: WireWriter, message: T, version: number) => void;
}

/** A request of Kafka's protocol and its response, in the versions that are known here. */
export interface WireApi<Request, Response> {
  readonly key: number;
  readonly name: string;
  readonly minVersion: number;
  readonly maxVersion: number;
  /** From this version on texts are compact and structs end in tagged fields, in the headers too. */
  readonly flexibleFrom: number;
  readonly request: MessageCodec<Request>;
  readonly response: MessageCodec<Response>;
}
