// What is broken on purpose, and the test that must notice.
const src = 'packages/embedded-log/src';
const test = 'packages/embedded-log/test';
const crash = { test: `${test}/crash.test.ts`, pattern: 'a crash at every call' };
const compaction = { test: `${test}/compaction.test.ts`, pattern: 'compaction and a crash at any call' };

export const mutants = [
  {
    name: 'segments are not synced with their commit',
    file: `${src}/storage/commit/commit-writer.ts`,
    from: 'Promise.all([this.#files.syncWritten(written), journal.sync()])',
    to: 'journal.sync()',
    ...crash,
  },
  {
    name: 'the folder is not synced with a new segment',
    file: `${src}/storage/segments/open-files.ts`,
    from: 'syncs.push(this.#syncFolder())',
    to: 'undefined',
    ...crash,
  },
  {
    name: 'a place is trusted without its checksum',
    file: `${src}/storage/recovery/load-log.ts`,
    from: '!isRun(await files.read(name, run.position, run.length), run)',
    to: 'false',
    ...crash,
  },
  {
    name: 'a torn journal is not cut off',
    file: `${src}/storage/recovery/recovery.ts`,
    from: 'await file.truncate(end.position);',
    to: '{}',
    ...crash,
  },
  {
    name: 'the journal is not synced with a commit',
    file: `${src}/storage/commit/journal.ts`,
    from: 'await this.#predecessor;\n    await this.#file.sync();',
    to: 'await this.#predecessor;',
    ...crash,
  },
  {
    name: 'a checkpoint does not wait for its segments',
    file: `${src}/storage/checkpointer.ts`,
    from: 'await this.#files.syncWritten();',
    to: '',
    ...crash,
  },
  {
    name: 'only the newest checkpoint counts',
    file: `${src}/storage/needed-files.ts`,
    from: '[checkpoint, ...this.#checkpoints.slice(0, 1)]',
    to: '[checkpoint]',
    test: `${test}/damage-at-rest.test.ts`,
    pattern: 'one flipped bit in the newer checkpoint of a closed log loses nothing',
  },
  {
    name: 'segments go that a journal still names',
    file: `${src}/storage/needed-files.ts`,
    from: 'for (const names of this.#named.values()) yield* names.values();',
    to: '',
    ...crash,
  },
  {
    name: 'a compacted segment is not synced',
    file: `${src}/compaction/segment-sink.ts`,
    from: 'await this.#file.sync();',
    to: '',
    ...compaction,
  },
  {
    name: 'the folder is not synced before compacted segments count',
    file: `${src}/compaction/compactor.ts`,
    from: 'await this.#options.fileSystem.syncDirectory();',
    to: '',
    ...compaction,
  },
  {
    name: 'files of a running compaction may be removed',
    file: `${src}/storage/needed-files.ts`,
    from: 'new Set([...this.#segments(), ...this.#held])',
    to: 'new Set(this.#segments())',
    test: `${test}/compaction.test.ts`,
    pattern: 'of any history of writes, deletes and passes',
  },
  {
    name: 'tombstones go though older values are left',
    file: `${src}/compaction/clean-pass.ts`,
    from: 'this.#dropsTombstones && offset < this.#mappedUpTo',
    to: 'this.#dropsTombstones',
    test: `${test}/compaction.test.ts`,
    pattern: 'never brings a deleted row back',
  },
  {
    name: 'the index is believed over the segment',
    file: `${src}/storage/segments/segment.ts`,
    from: "if (known.position === 0 || !isLogError(error, 'LOG_CORRUPT')) throw error;",
    to: 'throw error;',
    test: `${test}/wrong-index.test.ts`,
    pattern: 'is not believed',
  },
  {
    name: 'a batch is not checked where it is read',
    file: `${src}/storage/segments/segment.ts`,
    from: '!batchIsIntact(chunk, at, size)',
    to: 'false',
    test: `${test}/crash.test.ts`,
    pattern: 'a flipped bit in what was durable is reported',
  },
  {
    name: 'a failed sync is tried again as if nothing were',
    file: `${src}/storage/segments/open-files.ts`,
    from: 'if (this.lost !== undefined) throw this.lost;',
    to: '',
    test: `${test}/segments/open-files.test.ts`,
    pattern: 'is never taken for done',
  },
];
