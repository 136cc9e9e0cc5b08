import type { Claim } from '../destination.ts';
import { quoted, type SqlDialect, type Statement } from './table-rows.ts';

export const offsetsTable = 'millrace_offsets';

export interface OffsetDialect extends SqlDialect {
  /** A type that holds whole numbers up to 2^53. */
  readonly bigint: string;
}

/** How offsets are kept beside the rows: one row for each group and partition. */
export interface OffsetStatements {
  readonly create: string;
  /** Answers with the new epoch, and with the offset where one of this topic is known. */
  readonly claim: (claim: Omit<Claim, 'epoch'>) => Statement;
  /** Changes one row, or none where another one has claimed the partition since. */
  readonly advance: (claim: Claim, offset: number) => Statement;
}

export function offsetStatements(table: string, { parameter, bigint }: OffsetDialect): OffsetStatements {
  const name = quoted(table);
  const p = parameter;
  return {
    create: `create table if not exists ${name} (
      sink text not null, topic text not null, topic_partition integer not null, topic_id text not null,
      next_offset ${bigint}, epoch ${bigint} not null,
      primary key (sink, topic, topic_partition))`,
    claim: ({ group, topic, partition, topicId }) => ({
      text: `insert into ${name} as o (sink, topic, topic_partition, topic_id, next_offset, epoch)
        values (${p(1)}, ${p(2)}, ${p(3)}, ${p(4)}, null, 1)
        on conflict (sink, topic, topic_partition) do update set
          epoch = o.epoch + 1,
          next_offset = case when o.topic_id = excluded.topic_id then o.next_offset end,
          topic_id = excluded.topic_id
        returning epoch, next_offset`,
      values: [group, topic, partition, topicId],
    }),
    advance: ({ group, topic, partition, epoch }, offset) => ({
      text: `update ${name} set next_offset = ${p(1)}
        where sink = ${p(2)} and topic = ${p(3)} and topic_partition = ${p(4)} and epoch = ${p(5)}`,
      values: [offset, group, topic, partition, epoch],
    }),
  };
}
