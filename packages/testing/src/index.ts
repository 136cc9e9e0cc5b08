export {
  type CapturedForward,
  type CapturedPunctuator,
  MockProcessorContext,
  type MockProcessorContextOptions,
} from './mock-processor-context.ts';
export {
  type PipeOptions,
  type TestInputOptions,
  TestInputTopic,
  type TestRecord,
} from './test-input-topic.ts';
export { TestOutputTopic } from './test-output-topic.ts';
export {
  type TestMetrics,
  TopologyTestDriver,
  type TopologyTestDriverOptions,
} from './topology-test-driver.ts';
