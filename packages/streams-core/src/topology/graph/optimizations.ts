/**
 * What a builder may do to need fewer topics and stores. Changing it changes an application's topics: reset
 * it first.
 */
export interface Optimizations {
  /** Tables read from a topic use that topic as their changelog, instead of one of their own. */
  readonly reuseSourceTopics?: boolean;
  /**
   * A stream whose key has changed goes through one topic, however often it is grouped or joined right after.
   */
  readonly mergeRepartition?: boolean;
  /** A stream that is joined with itself is kept once. */
  readonly selfJoin?: boolean;
}
