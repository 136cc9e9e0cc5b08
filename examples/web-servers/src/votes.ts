import { createTopics, type LogClient, producer, StreamsApp, StreamsBuilder, string, topic } from 'millrace';

/** By what is voted for; the value is who votes. */
const votes = topic('votes', { key: string(), value: string(), partitions: 4 });
const builder = new StreamsBuilder();
const counts = builder.stream(votes).groupByKey().count({ as: 'counts' });

/** A pipeline as a web server sees it. */
export interface Votes {
  /** Resolves once the vote is durable: with the count that has it. */
  vote(candidate: string, voter: string): Promise<number>;
  count(candidate: string): Promise<number>;
  /** To be awaited before the log is closed. */
  close(): Promise<void>;
}

/** Starts the pipeline; requests may come once it resolves. */
export async function startVotes(log: LogClient, stateDir: string): Promise<Votes> {
  await createTopics(log, [votes]);
  const app = new StreamsApp(builder.build(), { applicationId: 'votes', log, stateDir });
  await app.start();
  const out = await producer(log, votes);
  return {
    vote: async (candidate, voter) => {
      const place = await out.send(candidate, voter);
      return (await app.store(counts, { atLeast: [place] }).get(candidate)) ?? 0;
    },
    count: async (candidate) => (await app.store(counts).get(candidate)) ?? 0,
    close: async () => {
      await out.close();
      await app.close();
    },
  };
}
