import { json, keyValueStore, nullable, StreamsBuilder, string, type Topology, topic } from 'millrace';
import { z } from 'zod';

const Document = z.object({ text: z.string() });
/** By id, as a database's commit log has them: the last one counts, a tombstone deletes. */
export const documents = topic('documents', { key: string(), value: nullable(json(Document)) });
/** By word: the documents that have it. */
export const postings = topic('postings', { key: string(), value: json<readonly string[]>() });

type Change = readonly [sign: '+' | '-', id: string];

const words = keyValueStore({ name: 'words-of-document', key: string(), value: json<string[]>() });
const wordsOf = (text: string): Set<string> => new Set(text.toLowerCase().match(/\p{L}+/gu));

/** A word's documents, kept up to date: only words that a change adds or takes away are touched. */
export function searchIndexTopology(): Topology {
  const builder = new StreamsBuilder();
  builder.addStateStore(words);
  builder
    .stream(documents)
    .process(
      (context) => {
        const store = context.store(words);
        return async ({ key: id, value, timestamp, headers }) => {
          const before = new Set(store.get(id));
          const after = value === null ? new Set<string>() : wordsOf(value.text);
          store.put(id, after.size === 0 ? null : [...after]);
          const gone = [...before].filter((word) => !after.has(word)).map((word) => [word, '-'] as const);
          const come = [...after].filter((word) => !before.has(word)).map((word) => [word, '+'] as const);
          for (const [key, sign] of [...gone, ...come])
            await context.forward({ key, value: [sign, id], timestamp, headers });
        };
      },
      { stores: [words.name], name: 'changed-words', key: string(), value: json<Change>() },
    )
    .groupByKey({ name: 'by-word' })
    .aggregate({
      initial: (): readonly string[] => [],
      add: (ids, [sign, id]) => (sign === '+' ? [...ids, id].toSorted() : ids.filter((one) => one !== id)),
      as: 'postings',
    })
    .toStream()
    .to(postings);
  return builder.build();
}
