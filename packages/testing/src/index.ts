export { type PipeOptions, type TestInputOptions, TestInputTopic } from './test-input-topic.ts';
export { TestOutputTopic } from './test-output-topic.ts';
export { TopologyTestDriver, type TopologyTestDriverOptions } from './topology-test-driver.ts';
