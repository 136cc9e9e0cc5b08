/** What tasks know of the topics they write to. */
export interface TopicDirectory {
  /** The topic's real name in the log. */
  realName(topic: string): string;
  /** How many partitions a topic has; a promise where that has to be looked up first. By real name. */
  partitions(topic: string): number | Promise<number>;
  /** The same for a topic that was looked up when the app started; undefined for any other. */
  knownPartitions(topic: string): number | undefined;
}
