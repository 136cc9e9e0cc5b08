import type { RowReport } from './row.ts';
import { rows } from './rows.ts';

// One row, in the process that scale.ts starts for it: its name, and of how many records.
const [name, count] = process.argv.slice(2);
const figures = await rows.find((row) => row.name === name)!.run(Number(count));
const report: RowReport = { ...figures, peakMb: process.resourceUsage().maxRSS / 1024 };
console.log(JSON.stringify(report));
