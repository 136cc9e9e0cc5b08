import type { ObservedTime } from '../../topology/operator.ts';

/** What is committed beside an offset: how far the times of the partition, the task and its operators have got. */
export interface CommitMetadata {
  readonly partitionTime: number;
  readonly streamTime: number;
  readonly operators: ReadonlyMap<string, number>;
}

export function encodeMetadata(
  partitionTime: number,
  streamTime: number,
  operators: ReadonlyMap<string, ObservedTime>,
): string {
  const times = [...operators].map(([name, { value }]) => [name, value] as const);
  return JSON.stringify({ v: 1, p: partitionTime, s: streamTime, o: Object.fromEntries(times) });
}

/** Reads what {@link encodeMetadata} wrote; anything else says nothing. */
export function decodeMetadata(text: string): CommitMetadata {
  const nothing: CommitMetadata = { partitionTime: -1, streamTime: -1, operators: new Map() };
  if (!text.startsWith('{')) return nothing;
  try {
    const { v, p, s, o } = JSON.parse(text) as { v: number; p: number; s: number; o: Record<string, number> };
    return v === 1 ? { partitionTime: p, streamTime: s, operators: new Map(Object.entries(o)) } : nothing;
  } catch {
    return nothing;
  }
}
