import { describe, expect, test } from 'vitest';
import { postgresBin } from '../../packages/connect/test/postgres-server.ts';
import { allBlocks } from './blocks.ts';
import { toModule } from './play.ts';
import { databases } from './scenarios/databases.ts';
import { logs } from './scenarios/logs.ts';
import { servers } from './scenarios/servers.ts';
import { topologies } from './scenarios/topologies.ts';

const scenarios = [...topologies, ...logs, ...servers, ...databases];

if (postgresBin === undefined)
  console.error(
    'No PostgreSQL server is installed (apt-get install postgresql): its blocks in the docs are not run.',
  );

describe('every block of TypeScript in the docs runs, and does what its page says', {
  timeout: 60_000,
}, () => {
  for (const block of allBlocks()) {
    const { page, line, code } = block;
    const own = scenarios.filter((one) => one.page === page && code.includes(one.has));
    const cannot = own[0]?.needs === 'postgres' && postgresBin === undefined;
    test.skipIf(cannot)(`${page}:${line}`, async () => {
      // A block that is new needs a scenario of its own in the folder beside this file.
      expect(own, `the scenarios of ${page}:${line}`).toHaveLength(1);
      await own[0]!.run(block);
    });
  }
});

test('no scenario is left over from a block that is gone', () => {
  const blocks = allBlocks();
  const left = scenarios.filter(
    ({ page, has }) => !blocks.some((one) => one.page === page && one.code.includes(has)),
  );
  expect(left.map(({ page, has }) => `${page}: ${has}`)).toEqual([]);
});

test('a block becomes a module that hands out what it makes', () => {
  expect(
    toModule('const a: number = 1;\nfor (const b of [a]) f(b);\na.toFixed();\n').split('\n').slice(1),
  ).toEqual([
    'const a: number = 1;',
    'madeByBlock({ a });',
    'for (const b of [a]) f(b);',
    'madeByBlock({ result: a.toFixed() });',
    'export {};',
    '',
  ]);
  expect(toModule('await done;\n')).toContain('\nawait done;\n');
});
