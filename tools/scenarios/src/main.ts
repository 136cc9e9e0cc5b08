import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { runScenario } from './run-scenario.ts';

const [folder] = process.argv.slice(2);

interface Outcome {
  readonly passed: number;
  readonly failed: number;
}

/** Runs every scenario of a file; prints a line for each step that fails. */
async function runFile(file: string): Promise<Outcome> {
  const list = JSON.parse(readFileSync(file, 'utf8')) as { readonly id?: string }[];
  let [passed, failed] = [0, 0];
  for (const scenario of list) {
    const failures = await runScenario(scenario).then(
      (result) => result.failures,
      (error: unknown) => [String(error instanceof Error ? error.message : error).replaceAll(/\s+/g, ' ')],
    );
    for (const failure of failures) console.log(`${scenario.id ?? path.basename(file)}: ${failure}`);
    if (failures.length === 0) passed++;
    else failed++;
  }
  return { passed, failed };
}

async function main(): Promise<number> {
  if (folder === undefined || folder === '--help') {
    console.log(
      'usage: npm run scenarios -- DIR\nRuns every scenario in the JSON files of a folder. The format is in docs/scenarios.md.',
    );
    return folder === undefined ? 2 : 0;
  }
  const dir = path.resolve(process.env['INIT_CWD'] ?? process.cwd(), folder);
  let files: string[];
  try {
    files = readdirSync(dir).filter((name) => name.endsWith('.json'));
  } catch (error) {
    console.error(
      `error: cannot read ${dir} (${(error as NodeJS.ErrnoException).code}): name a folder of scenario files`,
    );
    return 2;
  }
  let total: Outcome = { passed: 0, failed: 0 };
  for (const name of files.toSorted((a, b) => (a < b ? -1 : 1))) {
    const { passed, failed } = await runFile(path.join(dir, name));
    total = { passed: total.passed + passed, failed: total.failed + failed };
  }
  console.log(`${total.passed} passed, ${total.failed} failed`);
  return total.failed === 0 ? 0 : 1;
}

process.exitCode = await main();
