/**
 * What one frame of the journal says, apart from its record batches. Small, rare or per commit: kept as JSON.
 */
export interface LogEvent {
  readonly created?: readonly TopicCreated[];
  readonly deleted?: readonly number[];
  /** Topics with more partitions than before: topic id, count. */
  readonly grown?: readonly (readonly [topicId: number, partitions: number])[];
  /** New first offsets: topic id, partition, offset. */
  readonly starts?: readonly (readonly [topicId: number, partition: number, offset: number])[];
  readonly offsets?: GroupOffsets;
}

export interface TopicCreated {
  readonly id: number;
  readonly name: string;
  readonly partitions: number;
  readonly configs: Readonly<Record<string, string>>;
}

export interface GroupOffsets {
  readonly group: string;
  readonly commits: readonly (readonly [
    topicId: number,
    partition: number,
    offset: number,
    metadata: string,
  ])[];
}
