import type { ValueCodec } from '../codec.ts';
import type { Entry } from './bucket.ts';
import { decodeBucket, encodeBucket } from './layout.ts';

/** A bucket's entries to bytes and back. */
export class BucketCodec {
  readonly #values: Pick<ValueCodec<unknown>, 'encode' | 'decode'>;

  constructor(values: Pick<ValueCodec<unknown>, 'encode' | 'decode'>) {
    this.#values = values;
  }

  encode(entries: readonly Entry[]): Uint8Array {
    return encodeBucket(entries, this.#encodeEntry);
  }

  readonly #encodeEntry = ({ kept }: Entry): Uint8Array => this.#values.encode(kept);

  /** `key` is for the error's message. @throws StoreError `STORE_UNREADABLE` */
  decode(bytes: Uint8Array, key: Uint8Array): Entry[] {
    return decodeBucket(bytes).map(({ time, second, value }) => ({
      time,
      second,
      kept: this.#values.decode(value, key),
      state: 'logged',
    }));
  }
}
