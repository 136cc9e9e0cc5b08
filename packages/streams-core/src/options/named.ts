/** A name for the operator's node. Without one the node is named by Kafka Streams' scheme. */
export interface Named {
  readonly name?: string;
}
