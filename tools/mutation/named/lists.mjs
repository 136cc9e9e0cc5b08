import { mutants as faults } from './faults.mjs';
import { mutants as log } from './log.mjs';
import { mutants as takeover } from './takeover.mjs';
import { mutants as threads } from './threads.mjs';

export const lists = { log, faults, threads, takeover };
