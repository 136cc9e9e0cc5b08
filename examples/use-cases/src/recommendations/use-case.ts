import { anyTopic, sampleOf, type UseCase } from '../use-case.ts';
import { articles, follows, recommendations, recommendationsTopology } from './recommendations.ts';

export const useCase: UseCase = {
  what: 'articles recommended by stages: clean, drop what was there already, match with readers',
  topology: recommendationsTopology,
  sample: [
    ...sampleOf(follows, [
      ['ann/kafka', { reader: 'ann', tag: 'Kafka' }, 0],
      ['ann/streams', { reader: 'ann', tag: 'streams' }, 0],
      ['bob/cooking', { reader: 'bob', tag: 'cooking' }, 0],
    ]),
    ...sampleOf(articles, [
      ['a1', { title: ' Windows ', html: '<p>On <b>windows</b></p>', tags: ['Streams', 'kafka'] }, 10],
      ['a2', { title: 'Copied', html: '<div>on windows</div>', tags: ['streams'] }, 20],
      ['a3', { title: 'Empty', html: '<p> </p>', tags: ['kafka'] }, 30],
      ['a4', { title: 'Soup', html: '<p>Leeks.</p>', tags: ['cooking', 'soup'] }, 40],
    ]),
  ],
  results: [anyTopic(recommendations)],
};
