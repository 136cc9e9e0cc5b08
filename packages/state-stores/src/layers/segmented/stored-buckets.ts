import type { Bytes } from '@millrace/log-client';
import type { BytesChange, BytesStore } from '../../bytes-store.ts';
import type { Bucket, BucketState, Entry } from './bucket.ts';
import type { BucketCodec } from './bucket-codec.ts';
import { bucketKey } from './layout.ts';

/** The buckets as the bytes store has them. */
export class StoredBuckets {
  readonly #backing: BytesStore;
  readonly #codec: BucketCodec;
  /** No segment after this one has ever been written. */
  #lastSegment: number;

  constructor(backing: BytesStore, codec: BucketCodec, segmentOf: (time: number) => number) {
    this.#backing = backing;
    this.#codec = codec;
    const isUnknown = !backing.openedEmpty && backing.checkpoint === undefined;
    const last = segmentOf(backing.checkpoint?.streamTime ?? -1);
    this.#lastSegment = isUnknown ? Number.POSITIVE_INFINITY : last;
  }

  mayHave(segment: number): boolean {
    return segment <= this.#lastSegment;
  }

  read(segment: number, key: Bytes): Entry[] {
    const bytes = this.mayHave(segment) ? this.#backing.get(bucketKey(segment, key)) : undefined;
    return bytes === undefined ? [] : this.#codec.decode(bytes, key);
  }

  /** A bucket as it is written, in one of its states. */
  encode({ segment, writtenKey }: Bucket, { entries }: BucketState): BytesChange {
    if (segment > this.#lastSegment) this.#lastSegment = segment;
    return {
      key: bucketKey(segment, writtenKey),
      value: entries.length === 0 ? undefined : this.#codec.encode(entries),
    };
  }

  /** What has to be written of a bucket; nothing where it is gone before it ever was. */
  encodeChange(bucket: Bucket): BytesChange | undefined {
    const change = this.encode(bucket, bucket);
    const isGone = change.value === undefined;
    if (isGone && !bucket.isStored) return undefined;
    bucket.isStored = !isGone;
    return change;
  }
}
