// npm test: types, lint, format and all tests. Arguments go to Vitest.
import { runTool, setUp } from './setup.mjs';

function step(name, action) {
  const started = performance.now();
  action();
  console.log(`${name}: ok (${((performance.now() - started) / 1000).toFixed(1)} s)`);
}

step('install and build', setUp);
step('types', () => {
  runTool('typescript', 'tsc', ['-p', 'tsconfig.check.json']);
  runTool('typescript', 'tsc', ['-p', 'packages/inspector/page/tsconfig.json']);
  runTool('typescript', 'tsc', ['-p', 'tools/playground/page/tsconfig.json']);
});
step('lint', () => runTool('oxlint', 'oxlint', ['--type-aware', '--deny-warnings']));
step('format', () => runTool('@biomejs/biome', 'biome', ['format', '.']));
step('tests', () => runTool('vitest', 'vitest', ['run', ...process.argv.slice(2)]));
