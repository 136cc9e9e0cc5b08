import { expect, test } from 'vitest';
import { threadFlags } from '../src/index.ts';

test.each([
  [
    ['--input-type=module', '-e', 'x'],
    ['-e', 'x'],
  ],
  [
    ['--no-warnings', '--input-type', 'module', '--enable-source-maps'],
    ['--no-warnings', '--enable-source-maps'],
  ],
  [[], []],
])('threads of a process with %j get %j', (flags, own) => {
  expect(threadFlags(flags)).toEqual(own);
});
