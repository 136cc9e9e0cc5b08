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
  /**
   * Windows whose results are used only once they close (`suppress(untilWindowCloses())` right after the
   * aggregation, and nothing else) are kept in the aggregation's store alone, not in a buffer too. State that
   * an application has goes on; taken back later, windows that wait come out only with their next record.
   */
  readonly windowsOnce?: boolean;
}
