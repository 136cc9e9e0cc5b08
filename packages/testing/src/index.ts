export { UnsupportedScenario } from './scenario/functions.ts';
export { runScenario, type ScenarioResult } from './scenario/run-scenario.ts';
export { Scenario } from './scenario/schema.ts';
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
