const minSegmentMs = 60_000;

/** As Kafka Streams' window stores: half the retention, a minute at least. */
export function segmentInterval(retentionMs: number): number {
  return Math.max(Math.floor(retentionMs / 2), minSegmentMs);
}
