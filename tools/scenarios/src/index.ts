export { UnsupportedScenario } from './functions.ts';
export { runScenario, type ScenarioResult } from './run-scenario.ts';
export { Scenario } from './schema.ts';
