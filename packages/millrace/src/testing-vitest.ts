/** Adds `toHaveProduced` and `toHaveProducedTable` to Vitest's `expect`. */
import '@millrace/testing/vitest';

export type * from '@millrace/testing/vitest';
