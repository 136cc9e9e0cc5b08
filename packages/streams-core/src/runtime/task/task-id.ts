/** A sub-topology and a partition: the unit of work that moves between instances. */
export interface TaskId {
  readonly subTopology: number;
  readonly partition: number;
}

/** `0_3`, as Kafka Streams prints it. */
export function taskName({ subTopology, partition }: TaskId): string {
  return `${subTopology}_${partition}`;
}
