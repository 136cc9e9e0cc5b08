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
export type { TopologyTestDriverOptions } from './driver-options.ts';
export { type TestMetrics, TopologyTestDriver } from './topology-test-driver.ts';
export type { ExplainedPart, Explanation, ResultPlace } from './steps/explanation.ts';
export { showStep, showValue } from './steps/show-steps.ts';
export { recordedTest, type RecordedTestOptions } from './recording/recorded-test.ts';
export {
  eventsOf,
  type Step,
  type StepCause,
  type StepDrop,
  type StepEvent,
  type StepFailure,
  type StepNode,
  type StepResult,
  type StepRow,
} from './steps/step.ts';
export {
  loadRecording,
  type RecordedInput,
  type Recording,
  type RecordingEntry,
  saveRecording,
} from './recording/recording.ts';
export { replay, type ReplayOptions } from './recording/replay.ts';
export { TopologyRecorder, type TopologyRecorderOptions } from './recording/topology-recorder.ts';
