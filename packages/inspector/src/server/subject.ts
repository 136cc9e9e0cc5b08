import type { LogClient } from '@millrace/log-client';
import type { StreamsApp } from '@millrace/streams-core';
import { knownTopics, type KnownTopic } from './known-topics.ts';

/** What a page is of: an app, or a whole log. */
export interface Subject {
  readonly log: LogClient;
  /** Whose committed offsets say how far topics are read; undefined: nobody's. */
  readonly group: string | undefined;
  topics(): Promise<ReadonlyMap<string, KnownTopic>>;
}

export function subjectOf(app: StreamsApp): Subject {
  const topics = knownTopics(app);
  return { log: app.log, group: app.applicationId, topics: async () => topics };
}

/** All topics of a log, of whose records nothing is known. */
export function wholeLog(log: LogClient): Subject {
  return {
    log,
    group: undefined,
    topics: async () => {
      const found = await log.admin.topics();
      const known = [...found.keys()].map((name): KnownTopic => {
        return { name, role: 'topic', key: undefined, value: undefined };
      });
      return new Map(known.map((topic) => [topic.name, topic]));
    },
  };
}
