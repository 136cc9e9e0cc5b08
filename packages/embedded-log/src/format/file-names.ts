export const checkpointSlots = ['checkpoint-a', 'checkpoint-b'] as const;

export function journalName(id: number): string {
  return `journal-${String(id).padStart(10, '0')}`;
}

/** The number of a journal file, or undefined for any other name. */
export function journalIdOf(name: string): number | undefined {
  const match = /^journal-(\d{10})$/.exec(name);
  return match === null ? undefined : Number(match[1]);
}

/** Which file a part of a partition is in. */
export interface SegmentId {
  readonly topicId: number;
  readonly partition: number;
  /** The first offset that the file may hold. */
  readonly baseOffset: number;
  /** Never used twice in a log, so that no file can be taken for another one. */
  readonly fileId: number;
}

export function segmentName({ topicId, partition, baseOffset, fileId }: SegmentId): string {
  return `${topicId}-${partition}-${String(baseOffset).padStart(16, '0')}-${fileId}.log`;
}

/** The index of a segment, by the segment's name. */
export function indexName(segment: string): string {
  return segment.replace(/\.log$/, '.index');
}

/** The segment that a file is, or is the index of; undefined for any other name. */
export function segmentOf(name: string): string | undefined {
  return /^\d+-\d+-\d{16}-\d+\.(?:log|index)$/.test(name) ? name.replace(/\.index$/, '.log') : undefined;
}

/** What the name of a segment says; undefined for any other name. */
export function segmentIdOf(name: string): SegmentId | undefined {
  const match = /^(\d+)-(\d+)-(\d{16})-(\d+)\.log$/.exec(name);
  if (match === null) return undefined;
  const [topicId, partition, baseOffset, fileId] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
  ];
  return { topicId, partition, baseOffset, fileId };
}
