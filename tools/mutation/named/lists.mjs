import { mutants as faults } from './faults.mjs';
import { mutants as log } from './log.mjs';

export const lists = { log, faults };
