import { anyTopic, sampleOf, type UseCase } from '../use-case.ts';
import { documents, postings, searchIndexTopology } from './search-index.ts';

export const useCase: UseCase = {
  what: 'a commit log that feeds a search table: which documents have a word',
  topology: searchIndexTopology,
  sample: sampleOf(documents, [
    ['d1', { text: 'Streams and tables' }, 0],
    ['d2', { text: 'Tables, chairs' }, 1],
    ['d1', { text: 'Streams and logs' }, 2],
    ['d2', null, 3],
  ]),
  results: [anyTopic(postings)],
};
