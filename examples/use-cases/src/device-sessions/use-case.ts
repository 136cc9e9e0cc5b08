import { anyTopic, sampleOf, type UseCase } from '../use-case.ts';
import { deviceSessionsTopology, readings, runs, tooLate } from './device-sessions.ts';

const at = (celsius: number) => ({ celsius });

export const useCase: UseCase = {
  what: 'runs of devices from readings that come late and out of order',
  topology: deviceSessionsTopology,
  sample: sampleOf(readings, [
    ['pump', at(40), 0],
    ['pump', at(60), 400],
    // Out of order: it joins the two that were apart.
    ['pump', at(75), 200],
    ['fan', at(20), 510],
    ['fan', at(22), 1500],
    // The first run of the pump is over.
    ['pump', at(99), 100],
    ['fan', at(23), 3000],
  ]),
  results: [anyTopic(runs), anyTopic(tooLate)],
};
