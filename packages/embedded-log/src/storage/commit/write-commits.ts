import { segmentName } from '../../format/file-names.ts';
import type { Run } from '../../format/run.ts';
import type { BegunWrite, EncodedCommit } from './encode-commit.ts';
import { ioError } from '../io-error.ts';
import type { Journal } from './journal.ts';
import type { OpenFiles } from '../segments/open-files.ts';

const nothing: ReadonlySet<string> = new Set();

/** Consecutive bytes of a segment. */
interface Stretch {
  readonly name: string;
  readonly position: number;
  end: number;
  readonly pieces: Buffer[];
}

/** What commits write straight to their segments, joined where it lies side by side. */
function stretchesOf(commits: readonly EncodedCommit[]): Stretch[] {
  const stretches: Stretch[] = [];
  const last = new Map<string, Stretch>();
  for (const { runs, direct, begun } of commits) {
    if (direct === undefined || begun !== undefined) continue;
    for (const [index, run] of runs.entries()) {
      const name = segmentName(run);
      const bytes = direct[index]!;
      const before = last.get(name);
      if (before?.end === run.position) {
        before.pieces.push(bytes);
        before.end += bytes.length;
        continue;
      }
      const stretch = { name, position: run.position, end: run.position + bytes.length, pieces: [bytes] };
      stretches.push(stretch);
      last.set(name, stretch);
    }
  }
  return stretches;
}

/**
 * Writes the batches of large commits to their places. Returns the segments written to. After a failure they
 * are as they were, as far as that can be had: bytes past a segment's end mean nothing. @throws LogError
 */
async function writeDirect(
  files: OpenFiles,
  commits: readonly EncodedCommit[],
): Promise<ReadonlySet<string>> {
  const stretches = stretchesOf(commits);
  const begun = commits.flatMap((commit) => commit.begun ?? []);
  if (stretches.length === 0 && begun.length === 0) return nothing;
  const writes = stretches.map(({ name, position, pieces }) =>
    files.write(name, position, pieces, { again: false }),
  );
  for (const { written } of begun) writes.push(written);
  const failed = (await Promise.allSettled(writes)).find(({ status }) => status === 'rejected');
  if (failed !== undefined) {
    await cutBack(files, [...stretches, ...begun.map(({ run }) => placeOf(run))]);
    const { reason } = failed as PromiseRejectedResult;
    throw ioError(reason, 'write to a segment', files.location, 'nothing of this commit was kept; ');
  }
  return new Set([...stretches.map(({ name }) => name), ...begun.map(({ run }) => segmentName(run))]);
}

type Place = Pick<Stretch, 'name' | 'position'>;

function placeOf(run: Run): Place {
  return { name: segmentName(run), position: run.position };
}

/** Cuts segments off at the first of some places in each, as far as that can be had. */
async function cutBack(files: OpenFiles, places: readonly Place[]): Promise<void> {
  const first = new Map<string, number>();
  for (const { name, position } of places) first.set(name, Math.min(position, first.get(name) ?? position));
  await Promise.allSettled([...first].map(([name, position]) => files.cut(name, position)));
}

/** Waits until nothing more is written for changes that were refused, and takes back what was. */
export async function abandonWrites(files: OpenFiles, begun: readonly BegunWrite[]): Promise<void> {
  if (begun.length === 0) return;
  await Promise.allSettled(begun.map(({ written }) => written));
  await cutBack(
    files,
    begun.map(({ run }) => placeOf(run)),
  );
}

/**
 * Writes the frames of commits, and the batches of large ones to their places, both at once: a frame whose
 * batches did not get there is found out by their checksum. Returns the segments written to.
 * @throws LogError where nothing of the commits was kept; anything else where that is not known
 */
export async function writeCommits(
  files: OpenFiles,
  journal: Journal,
  commits: readonly EncodedCommit[],
): Promise<ReadonlySet<string>> {
  const before = journal.place;
  const append = (): Promise<void> => {
    const frames = commits.map(({ frame }) => frame.bytes);
    return journal.append(frames, before.sequence + commits.length, commits.at(-1)!.frame.crc);
  };
  if (commits.every(({ direct }) => direct === undefined)) {
    await append();
    return nothing;
  }
  // The larger write first: it takes longest.
  const [written, appended] = await Promise.allSettled([writeDirect(files, commits), append()]);
  // What went to segments means nothing without a frame.
  if (appended.status === 'rejected') throw appended.reason;
  if (written.status === 'fulfilled') return written.value;
  await journal.cutBack(before);
  throw written.reason;
}
