import { type Bytes, type Headers, noHeaders } from '@millrace/log-client';
import type { ValueCodec } from '../codec.ts';
import type { Entry } from './bucket.ts';
import { decodeBucket, encodeBucket } from './layout.ts';
import type { RowHeaders } from './row-headers.ts';

/** A bucket's entries to bytes and back. */
export class BucketCodec {
  readonly #values: Pick<ValueCodec<unknown>, 'encode' | 'decode'>;
  readonly #headers: RowHeaders | undefined;

  /** `headers`: those of the rows, where they are kept. */
  constructor(values: Pick<ValueCodec<unknown>, 'encode' | 'decode'>, headers?: RowHeaders) {
    this.#values = values;
    this.#headers = headers;
  }

  encode(entries: readonly Entry[]): Uint8Array {
    return encodeBucket(entries, this.#encodeEntry, this.#headersOf);
  }

  readonly #encodeEntry = ({ kept }: Entry): Uint8Array => this.#values.encode(kept);

  readonly #headersOf = (entry: Entry): Headers => this.#headers?.of(entry) ?? noHeaders;

  /** `key` is for the error's message. @throws StoreError `STORE_UNREADABLE` */
  decode(bytes: Uint8Array, key: Bytes): Entry[] {
    return decodeBucket(bytes).map(({ time, second, value, headers }) => {
      const entry: Entry = { time, second, kept: this.#values.decode(value, key), state: 'logged' };
      if (headers.length > 0) this.#headers?.set(entry, headers);
      return entry;
    });
  }
}
