// One instance of an application whose function blocks the thread for two seconds a record.
// Arguments: brokers, topic, results topic.
import { StreamsApp, StreamsBuilder, string, topic } from '@millrace/streams-core';
import { kafkaLog } from '../dist/index.js';

const [brokers, input, output] = process.argv.slice(2);
const text = { key: string(), value: string() };
const lock = new Int32Array(new SharedArrayBuffer(4));
const builder = new StreamsBuilder();
builder
  .stream(topic(input, text))
  .mapValues((value) => {
    process.stdout.write(`${value}\n`);
    Atomics.wait(lock, 0, 0, 2000);
    return value;
  })
  .to(topic(output, text));
const log = kafkaLog({ brokers: brokers.split(',') });
const app = new StreamsApp(builder.build(), { applicationId: input, log });
process.once('SIGTERM', () => void app.close());
await app.start();
await app.done;
await log.close();
