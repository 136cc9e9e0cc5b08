import type { ObservedTime } from '../../../topology/operator.ts';

/**
 * What is committed with an offset: how far the times of the partition, the task and its operators have got.
 */
export interface CommitMetadata {
  /** The id of the topic that the offset is one of; undefined where an earlier version wrote it. */
  readonly topicId: string | undefined;
  readonly partitionTime: number;
  readonly streamTime: number;
  readonly operators: ReadonlyMap<string, number>;
}

export interface EncodedTimes {
  readonly topicId: string;
  readonly partitionTime: number;
  readonly streamTime: number;
  readonly operators: ReadonlyMap<string, ObservedTime>;
}

interface StoredTimes {
  readonly v: number;
  readonly t?: string;
  readonly p: number;
  readonly s: number;
  readonly o: Readonly<Record<string, number>>;
}

export function encodeMetadata({ topicId, partitionTime, streamTime, operators }: EncodedTimes): string {
  const times = [...operators].map(([name, { value }]) => [name, value] as const);
  return JSON.stringify({ v: 1, t: topicId, p: partitionTime, s: streamTime, o: Object.fromEntries(times) });
}

/** Reads what {@link encodeMetadata} wrote; anything else says nothing. */
export function decodeMetadata(text: string): CommitMetadata {
  const nothing: CommitMetadata = {
    topicId: undefined,
    partitionTime: -1,
    streamTime: -1,
    operators: new Map(),
  };
  if (!text.startsWith('{')) return nothing;
  try {
    const { v, t, p, s, o } = JSON.parse(text) as StoredTimes;
    if (v !== 1) return nothing;
    return { topicId: t, partitionTime: p, streamTime: s, operators: new Map(Object.entries(o)) };
  } catch {
    return nothing;
  }
}
