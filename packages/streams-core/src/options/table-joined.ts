import type { StreamPartitioner } from '../topology/graph/nodes.ts';

/**
 * How the topics of a foreign-key join are partitioned, where the tables are not partitioned by their keys'
 * hashes.
 */
export interface TableJoined<K, KO> {
  /** As the left table is. */
  readonly partitioner?: StreamPartitioner<K, null>;
  /** As the right table is. */
  readonly otherPartitioner?: StreamPartitioner<KO, null>;
}
