import { operatorRows } from './operators.ts';
import { partitionRows } from './partitions.ts';
import type { ScaleRow } from './row.ts';
import { startRows } from './start.ts';
import { stateRows } from './state.ts';

/** Partitions, operators, keys: what grows with an application. */
export const rows: readonly ScaleRow[] = [...partitionRows, ...operatorRows, ...stateRows, ...startRows];
