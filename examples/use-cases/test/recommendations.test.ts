import { days } from 'millrace';
import { expect, test } from 'vitest';
import {
  articles,
  follows,
  recommendations,
  recommendationsTopology,
} from '../src/recommendations/recommendations.ts';
import { running } from './running.ts';

test('who follows a tag gets its articles until the follow is taken back, each once', () => {
  const { pipe, read } = running(recommendationsTopology());
  const article = (html: string, ...tags: string[]) => ({ title: html, html: `<p>${html}</p>`, tags });
  pipe(follows, '1', { reader: 'ann', tag: 'Kafka' });
  pipe(follows, '2', { reader: 'ann', tag: 'streams' });
  pipe(follows, '3', { reader: 'bob', tag: 'kafka' });
  pipe(articles, 'a', article('one', 'kafka', 'Streams'));
  expect(read(recommendations).map(([reader, found]) => [reader, found?.id])).toEqual([
    ['ann', 'a'],
    ['bob', 'a'],
  ]);
  pipe(follows, '3', null);
  pipe(articles, 'b', article('two', 'kafka'));
  expect(read(recommendations).map(([reader]) => reader)).toEqual(['ann']);
});

test('a text that was there is no news for a day, whatever its id and markup; nor is one without text', () => {
  const { pipe, read } = running(recommendationsTopology());
  pipe(follows, '1', { reader: 'ann', tag: 't' });
  const texts = ['<p>Same</p>', '<b> same </b>', '<i></i>'];
  for (const [n, html] of texts.entries()) pipe(articles, `a${n}`, { title: '', html, tags: ['t'] }, n);
  pipe(articles, 'b', { title: '', html: 'same', tags: ['t'] }, days(2));
  expect(read(recommendations).map(([, found]) => found?.id)).toEqual(['a0', 'b']);
});
