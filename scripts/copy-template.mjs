// Before create-millrace is packed: its template gets the pipeline of the documentation, and its test.
import { cpSync } from 'node:fs';
import path from 'node:path';
import { root } from './setup.mjs';

const [from, to] = ['examples/page-views', 'packages/create-millrace/template'].map((one) =>
  path.join(root, one),
);
for (const file of ['src/pipeline.ts', 'test/pipeline.test.ts'])
  cpSync(path.join(from, file), path.join(to, file));
