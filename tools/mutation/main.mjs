// npm run mutate [-- AREA ...]: changes the code on purpose, one place at a time, and says which changes no
// test notices.
import { runTool } from '../../scripts/setup.mjs';
import { areas } from './areas.mjs';

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => areas[name] === undefined);
if (unknown.length > 0 || asked.includes('--help')) {
  console.error(
    `Usage: npm run mutate -- [AREA ...]\nAreas: ${Object.keys(areas).join(', ')} (default: all)`,
  );
  process.exit(asked.includes('--help') ? 0 : 2);
}
// Simulations run few histories for each mutant; a mutant that they miss is worth a test of its own.
process.env.MILLRACE_HISTORIES ??= '4';
for (const area of asked.length > 0 ? asked : Object.keys(areas)) {
  process.env.MILLRACE_MUTATE = area;
  console.error(`Mutating ${area}; the report comes to reports/mutation/${area}.html`);
  runTool('@stryker-mutator/core', 'stryker', ['run', 'tools/mutation/stryker.config.mjs']);
}
