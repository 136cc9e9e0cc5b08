// What is broken on purpose where one application takes over from another, where windows are kept once, and in
// outbox relays, and the test that must notice.
const src = 'packages/streams-core/src/runtime/takeover';
const fork = { test: 'packages/streams-core/test/runtime/takeover/fork.test.ts' };
const load = { ...fork, pattern: 'takes over under load' };
const windows = { test: 'packages/streams-core/test/operators/table/windows-once.property.test.ts' };
const outbox = { test: 'packages/connect/test/outbox.test.ts' };

export const mutants = [
  {
    name: 'a shadow reads without a limit',
    file: `${src}/input-limit.ts`,
    from: 'return this.#limits.get(topicPartitionKey(topic, partition));',
    to: 'return undefined;',
    ...load,
  },
  {
    name: 'offsets and ends of a fork are not of one moment',
    file: `${src}/consistent-cut.ts`,
    from: 'if (textOf(before) === textOf(after)) {',
    to: 'if (before.length <= after.length) {',
    ...load,
  },
  {
    name: 'a fork has only what there was at first',
    file: `${src}/fork-app.ts`,
    from: 'await copy.run({ topic, partition, start, end: cut.ends.get(topic)![partition]! });\n    await copyRepartition',
    to: 'await copy.run({ topic, partition, start, end: start });\n    await copyRepartition',
    ...load,
  },
  {
    name: 'what is between sub-topologies is not copied',
    file: `${src}/fork-app.ts`,
    from: 'await copyRepartition(log, names.repartition, cut, copy);',
    to: '',
    ...fork,
    pattern: 'still to process in its own topics is copied',
  },
  {
    name: 'a fork that was interrupted takes the topics of others',
    file: `${src}/fork-app.ts`,
    from: 'const left = ownedTopics({ applicationId: to, topics, applications });',
    to: 'const left = applications.length < 0 ? [] : topics.filter((name) => name.startsWith(to));',
    ...fork,
    pattern: 'begins again',
  },
  {
    name: 'an app that drains goes on with what a poll under way brings',
    file: `${src}/limited-member.ts`,
    from: 'if (!this.#isLimited) return polled;',
    to: 'if (maxWaitMs === options.maxWaitMs) return polled;',
    test: 'packages/streams-core/test/runtime/takeover/limited-member.property.test.ts',
    pattern: 'that begins during a poll',
  },
  {
    name: 'a promotion does not look at what is left',
    file: `${src}/promote-fork.ts`,
    from: '    await lastRunLag(log, replaced),',
    to: '    [],',
    ...fork,
    pattern: 'promotion waits for what either has still to process',
  },
  {
    name: 'windows that a buffer has sent are sent again',
    file: 'packages/streams-core/src/operators/aggregate/emit-on-close.ts',
    from: ', Math.max(-1, time.value - delayMs)',
    to: '',
    ...windows,
    pattern: 'no result is sent twice or lost',
  },
  {
    name: 'windows kept once lose the headers of their last record',
    file: 'packages/streams-core/src/plan/aggregate/windowed.ts',
    from: "const onClose = { emit: 'on-window-close', keepsHeaders: true } as const;",
    to: "const onClose = { emit: 'on-window-close', keepsHeaders: false } as const;",
    ...windows,
    pattern: 'give the results of windows held back',
  },
  {
    name: 'rows of the last transaction are taken again',
    file: 'packages/connect/src/database/outbox-relay.ts',
    from: 'await outbox.remove(await this.#idsOfLastCommit());',
    to: '',
    ...outbox,
    pattern: 'goes to the topic once each',
  },
];
