import { bytes, StreamsBuilder, string, topic } from '@millrace/streams-core';
import { recordAt } from '../fixture.ts';
import { figuresOf, type ScaleRow } from './row.ts';
import { fillTopic, inScratch, runApp } from './scratch.ts';

const [input, output] = ['orders', 'copies'];

/** So many `mapValues` in a row, which give what they get. */
const chain = (operators: number): ScaleRow => ({
  kind: 'operators',
  name: `${operators} operator${operators === 1 ? '' : 's'}`,
  what: 'mapValues in a row, which give what they get',
  run: (count) =>
    inScratch(async (scratch) => {
      await fillTopic(scratch.log, input, { count, record: recordAt });
      await scratch.log.admin.createTopics([{ name: output, partitions: 1 }]);
      const builder = new StreamsBuilder();
      let stream = builder.stream(topic(input, { key: string(), value: bytes() }));
      for (let n = 0; n < operators; n++) stream = stream.mapValues((value) => value);
      stream.to(topic(output, { key: string(), value: bytes() }));
      return figuresOf(count, await runApp(scratch, builder.build(), { sources: [input] }));
    }),
});

export const operatorRows: readonly ScaleRow[] = [1, 10, 100].map(chain);
