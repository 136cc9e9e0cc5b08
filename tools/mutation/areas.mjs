// Where a silent fault loses or doubles data: the files that are mutated, and the tests that must notice.
const core = 'packages/streams-core';
const log = 'packages/embedded-log';
const stores = 'packages/state-stores';

// Not those that start processes, which load what is built, nor those that take long: a survivor may be
// found by them, and is tried by hand.
const logTests = [`${log}/test/{conformance,crash,raw-log,read-journals,recovery}.test.ts`];

export const areas = {
  /** Frames, runs and checkpoints of the embedded log, and which files it needs: by unit tests alone. */
  format: {
    mutate: [`${log}/src/format/{frame,checkpoint,run}.ts`, `${log}/src/storage/needed-files.ts`],
    tests: [`${log}/test/{format,needed-files}.test.ts`],
  },
  /** What the embedded log reads when it is opened. */
  recovery: {
    mutate: [`${log}/src/storage/recovery/*.ts`],
    tests: logTests,
  },
  /** Its journal and commits: by unit tests alone. */
  commit: {
    mutate: [`${log}/src/storage/commit/*.ts`],
    tests: [`${log}/test/commit/*.test.ts`],
  },
  /** Record batches: written, read, checked. */
  batches: {
    mutate: ['packages/kafka-protocol/src/batch/*.ts'],
    tests: ['packages/kafka-protocol/test/batch/*.test.ts'],
  },
  /** Who may commit, and for what: by unit tests alone. */
  fences: {
    mutate: [`${log}/src/group/{coordinator,member}.ts`, `${log}/src/producer.ts`],
    tests: [`${log}/test/group/*.test.ts`, `${log}/test/producer.test.ts`],
  },
  /** What of a segment is in memory: its index, batches and open files. By unit tests alone. */
  memory: {
    mutate: [`${log}/src/storage/segments/{memory-runs,open-files,run-cache,sparse-index}.ts`],
    tests: [`${log}/test/segments/*.test.ts`],
  },
  /** Its segments and state. */
  segments: {
    mutate: [
      `${log}/src/format/segment-index.ts`,
      `${log}/src/storage/{checkpointer,log-state,partition-log}.ts`,
      `${log}/src/storage/segments/*.ts`,
    ],
    tests: logTests,
  },
  /** Write-back, and the layouts and edges of window and session stores. */
  stores: {
    mutate: [
      `${stores}/src/layers/{backed-view,write-back,merge,key-map,time-index}.ts`,
      `${stores}/src/layers/segmented/*.ts`,
      `${stores}/src/kinds/{window,session,versioned}/{view,layout}.ts`,
    ],
    tests: [`${stores}/test/**/*.test.ts`, `${core}/test/operators/aggregate/**/*.test.ts`],
  },
  /** Edges of windows, sessions and stream-stream joins. */
  operators: {
    mutate: [
      `${core}/src/operators/aggregate/{emit-on-close,late,session-window-aggregate,sliding-window-aggregate,window-aggregate,window-results}.ts`,
      `${core}/src/operators/join/{stream-stream-join,stream-self-join}.ts`,
      `${core}/src/operators/table/suppress.ts`,
      `${core}/src/windows/*.ts`,
    ],
    tests: [
      `${core}/test/operators/**/*.test.ts`,
      `${core}/test/semantics.test.ts`,
      `${core}/test/runtime/{time,time-and-cache}.test.ts`,
      'packages/testing/test/**/*.test.ts',
      'tools/scenarios/test/**/*.test.ts',
    ],
  },
  /** Commit, restore, purge and positions of the runtime. */
  runtime: {
    mutate: [
      `${core}/src/runtime/commit/*.ts`,
      `${core}/src/runtime/stores/restore.ts`,
      `${core}/src/runtime/task/task-stores.ts`,
      `${core}/src/runtime/task/input/commit-metadata.ts`,
      `${core}/src/runtime/topics/{open-inputs,offset-reset}.ts`,
    ],
    tests: [
      `${core}/test/runtime/{async-commit,log-changes,streams-app,time,topics,repartition-purge,app-failures,record-errors,positions}.test.ts`,
      `${core}/test/runtime/commit/*.test.ts`,
      `${core}/test/faults/{input-topics-change,unreadable-records,unreadable-state,every-call-fails-once,nothing-gets-stuck}.test.ts`,
    ],
  },
};
