import { days, json, StreamsBuilder, string, type Topology, topic } from 'millrace';
import { z } from 'zod';

const Article = z.object({ title: z.string(), html: z.string(), tags: z.array(z.string()) });
const Clean = z.object({ id: z.string(), title: z.string(), text: z.string(), tags: z.array(z.string()) });
const Follow = z.object({ reader: z.string(), tag: z.string() });
const Recommendation = z.object({ id: z.string(), title: z.string(), because: z.string() });

/** By id. */
export const articles = topic('articles', { key: string(), value: json(Article) });
/** By reader and tag, in any form: a tombstone ends it. */
export const follows = topic('follows', { key: string(), value: json(Follow) });
/** By reader. */
export const recommendations = topic('recommendations', { key: string(), value: json(Recommendation) });

const textOf = (html: string): string =>
  html
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();

/** Clean, drop what was there already, and match with who follows a tag. */
export function recommendationsTopology(): Topology {
  const builder = new StreamsBuilder();
  const cleaned = builder
    .stream(articles)
    .mapValues(({ title, html, tags }, id) => ({
      id,
      title: title.trim(),
      text: textOf(html),
      tags: tags.map((tag) => tag.toLowerCase()),
    }))
    .filter(({ text }) => text !== '');
  // The same text under another id is no news, for a day.
  const fresh = cleaned
    .selectKey(({ text }) => text.toLowerCase())
    .repartition({ name: 'by-text', key: string(), value: json(Clean) })
    .deduplicate({ withinMs: days(1), as: 'texts-seen' });
  const readers = builder
    .table(follows, { as: 'follows' })
    .groupBy(({ reader, tag }) => [tag.toLowerCase(), reader], {
      name: 'by-tag',
      key: string(),
      value: json<string>(),
    })
    .aggregate({
      initial: (): readonly string[] => [],
      add: (all, reader) => [...all, reader],
      subtract: (all, reader) => all.filter((one) => one !== reader),
      as: 'readers-of-tag',
    });
  fresh
    .flatMap((article) => article.tags.map((tag) => [tag, article] as const))
    .repartition({ name: 'articles-by-tag', key: string(), value: json(Clean) })
    .join(readers, ({ id, title }, who, tag) => ({ who, what: { id, title, because: tag } }))
    .flatMap(({ who, what }) => who.map((reader) => [reader, what] as const))
    .repartition({ name: 'by-reader', key: string(), value: json(Recommendation) })
    // One article may fit by several tags.
    .deduplicate({ withinMs: days(30), by: ({ id }, reader) => `${reader} ${id}`, as: 'recommended' })
    .to(recommendations);
  return builder.build();
}
