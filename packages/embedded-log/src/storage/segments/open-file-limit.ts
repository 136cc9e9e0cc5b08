import { readFileSync } from 'node:fs';

/** A log leaves the most of what the process may open to others: stores, sockets, other logs. */
const share = 4;
const [fewest, most] = [128, 4096];

let known: number | undefined;

/**
 * How many segment files a log keeps open, by how many descriptors this process may have (`ulimit -n`). Each
 * partition that is read or written needs one: with fewer, files are closed and opened again all the time.
 */
export function openFileLimit(): number {
  known ??= Math.max(fewest, Math.min(most, Math.floor(descriptorLimit() / share)));
  return known;
}

/** The soft limit, which Node raises to the hard one when it starts. */
function descriptorLimit(): number {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8');
    return limitOf(/^Max open files +(\S+)/m.exec(limits)?.[1]);
  } catch {
    // Not Linux. A report takes some milliseconds, and longer where it looks up names of hosts.
    const report = process.report as typeof process.report & { excludeNetwork: boolean };
    const { excludeNetwork } = report;
    report.excludeNetwork = true;
    const { userLimits } = report.getReport() as { userLimits?: { open_files?: { soft: number | string } } };
    report.excludeNetwork = excludeNetwork;
    return limitOf(userLimits?.open_files?.soft);
  }
}

/** None on Windows, where files are handles, of which there are many. */
function limitOf(soft: number | string | undefined): number {
  if (soft === undefined || soft === 'unlimited') return most * share;
  const limit = Number(soft);
  return Number.isSafeInteger(limit) ? limit : fewest * share;
}
