import { string, topic } from '@millrace/streams-core';

export {
  long,
  minutes,
  StreamsBuilder,
  string,
  TimeWindows,
  topic,
  untilWindowCloses,
} from '@millrace/streams-core';

export const inTopic = topic('lines', { key: string(), value: string() });
