// What is broken on purpose in the log for worker threads and in sinks, and the test that must notice.
const src = 'packages/embedded-log/src';
const threads = { test: 'packages/embedded-log/test/threads.test.ts' };
const group = { test: 'packages/embedded-log/test/group/coordinator.test.ts' };

export const mutants = [
  {
    name: 'what was fetched before a seek is taken',
    file: `${src}/threads/thread-reader.ts`,
    from: 'if (position === undefined || position.fetched !== offset) continue;',
    to: 'if (position === undefined) continue;',
    ...threads,
    pattern: 'continues at the offset of a seek',
  },
  {
    name: 'a poll that may not wait waits for an earlier request',
    file: `${src}/threads/thread-reader.ts`,
    from: "if (!isComplete || leftMs === 0) this.#peer.note('interrupt', this.#id);",
    to: '',
    ...threads,
    pattern: 'does not wait for what was asked before',
  },
  {
    name: 'a thread does not check batches',
    file: `${src}/threads/thread-reader.ts`,
    from: 'if (!batchIsIntact(bytes, at, size)) throw damaged(position);',
    to: '',
    ...threads,
    pattern: 'refuses a batch that is damaged',
  },
  {
    name: 'a thread reads aborted transactions',
    file: `${src}/threads/owner-readers.ts`,
    from: 'knownProducers?.isAborted(piece, at) !== true',
    to: 'true',
    ...threads,
    pattern: 'leaves out one that was aborted',
  },
  {
    name: 'a record that comes during a look is not noticed',
    file: `${src}/threads/owner-readers.ts`,
    from: 'if (positions.some(({ offset }, index) => offset < logs[index]!.stableEnd)) done();',
    to: '',
    ...threads,
    pattern: 'finds a record that came while',
  },
  {
    name: 'members stay when their thread has ended',
    file: `${src}/threads/thread-owner.ts`,
    from: 'members.close();',
    to: '',
    ...threads,
    pattern: 'leaves at once when its thread ends',
  },
  {
    name: 'batches of a thread are kept in whatever compression',
    file: `${src}/producer.ts`,
    from: 'if (compressions.size > 0) return { compressions };',
    to: '',
    ...threads,
    pattern: 'is compressed as its topic says',
  },
  {
    name: 'a plan of an earlier generation is adopted',
    file: `${src}/group/coordinator.ts`,
    from: 'if (generation !== this.generation) return;',
    to: '',
    ...group,
    pattern: 'is dropped where the group has changed',
  },
  {
    name: 'partitions are taken before the user data of their plan',
    file: `${src}/group/coordinator.ts`,
    from: 'if (plan !== this.plan) return [];',
    to: '',
    test: 'packages/embedded-log/test/conformance.test.ts',
    pattern: 'from another thread a member whose user data has changed',
  },
  {
    name: 'a sink begins where it likes',
    file: 'packages/connect/src/sink.ts',
    from: 'offset ?? reset',
    to: 'reset',
    test: 'packages/connect/test/sink.test.ts',
    pattern: 'goes on where the destination is',
  },
];
