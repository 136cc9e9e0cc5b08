import { isGenerated, nodeChanges } from './node-changes.ts';
import type { StoreRecord, TopologyRecord } from './topology-record.ts';

/**
 * What a change does to an application's state. `safe`: nothing. `restores`: it is made again from its
 * changelog, at the next start. `leaves-topic`: something stays in the log that nothing uses. `loses-state`:
 * rows or records are gone, or would be read wrongly.
 */
export type Verdict = 'safe' | 'restores' | 'leaves-topic' | 'loses-state';

export interface PlannedChange {
  readonly verdict: Verdict;
  /** A sentence without its full stop. */
  readonly what: string;
  /** What to do about it; undefined where there is nothing to do. */
  readonly remedy?: string;
}

/** What changes for an application that ran `last` and is to run `now`; nothing where they are alike. */
export function planChange(last: TopologyRecord, now: TopologyRecord): PlannedChange[] {
  const before = new Map(last.stores.map((store) => [store.name, store]));
  const after = new Map(now.stores.map((store) => [store.name, store]));
  const gone = last.stores.filter(({ name }) => !after.has(name));
  const fresh = now.stores.filter(({ name }) => !before.has(name));
  const changed = now.stores.flatMap((store) => {
    const known = before.get(store.name);
    return known === undefined ? [] : changesOf(known, store);
  });
  return [
    ...changed,
    ...comeAndGone(gone, fresh),
    ...topicsOf(last, now),
    ...nodeChanges(last.nodes ?? [], now.nodes ?? []).map((what) => ({ verdict: 'safe', what }) as const),
  ];
}

function changesOf(known: StoreRecord, store: StoreRecord): PlannedChange[] {
  const name = `store "${store.name}"`;
  const found: PlannedChange[] = [];
  type Fact = string | number | undefined;
  const differs = (what: string, before: Fact, after: Fact): void => {
    if (before === undefined || after === undefined || before === after) return;
    found.push({
      verdict: 'loses-state',
      what: `${name} was ${what} ${before} and is ${what} ${after} now: what it holds would be read wrongly`,
      remedy: 'give it back as it was, or give the new one another name',
    });
  };
  differs('of kind', known.kind, store.kind);
  differs('with the key serde', known.key, store.key);
  differs('with the value serde', known.value, store.value);
  differs('for windows of ms', known.windowSizeMs, store.windowSizeMs);
  return [...found, ...movesOf(known, store, name), ...retentionOf(known, store, name)];
}

/** Where a store's rows are, before and after. */
function movesOf(known: StoreRecord, store: StoreRecord, name: string): PlannedChange[] {
  const isKept = known.logged && store.logged;
  if (known.logged && !store.logged) {
    const what = `${name} has no changelog any more: what is on its disk stays there, and is lost with it`;
    return [{ verdict: 'leaves-topic', what }];
  }
  if (!known.logged && store.logged) {
    const what = `${name} gets a changelog, which does not have the rows of before: they are lost when its task moves`;
    return [
      {
        verdict: 'loses-state',
        what,
        remedy: 'make the rows again from their input, or leave it without one',
      },
    ];
  }
  const isMoved = known.subTopology !== store.subTopology;
  if (isMoved && !isKept) {
    const what = `${name} has no changelog and moves from sub-topology ${known.subTopology} to ${store.subTopology}: it would start empty there`;
    return [{ verdict: 'loses-state', what }];
  }
  if (isMoved) {
    const what = `${name} moves from sub-topology ${known.subTopology} to ${store.subTopology}, and is restored there`;
    return [{ verdict: 'restores', what }];
  }
  if (
    known.persistent === undefined ||
    store.persistent === undefined ||
    known.persistent === store.persistent
  )
    return [];
  const to = store.persistent ? 'from memory to disk' : 'from disk to memory';
  if (isKept) return [{ verdict: 'restores', what: `${name} moves ${to}, and is restored` }];
  return [
    { verdict: 'loses-state', what: `${name} has no changelog and moves ${to}: it would start empty there` },
  ];
}

function retentionOf(known: StoreRecord, store: StoreRecord, name: string): PlannedChange[] {
  const [before, after] = [known.retentionMs, store.retentionMs];
  if (before === undefined || after === undefined || before === after) return [];
  if (after > before) {
    const what = `${name} keeps windows for ${after} ms, not ${before}`;
    const remedy =
      'where the app finds that its changelog keeps them for less, raise retention.ms of that topic';
    return [{ verdict: 'safe', what, ...(store.logged ? { remedy } : {}) }];
  }
  const what = `${name} keeps windows for ${after} ms, not ${before}: those that are older go`;
  return [{ verdict: 'safe', what }];
}

/** A store that is missing, next to a new one of its kind, is taken for one that was renamed. */
function comeAndGone(gone: readonly StoreRecord[], fresh: readonly StoreRecord[]): PlannedChange[] {
  const left = [...fresh];
  const found = gone.map((old): PlannedChange => {
    const alike = left.findIndex(({ kind }) => kind === old.kind);
    if (alike < 0) {
      const stays = old.logged ? 'its changelog stays' : 'its folder stays';
      return {
        verdict: 'leaves-topic',
        what: `store "${old.name}" is gone: ${stays}`,
        remedy: 'delete it when you are sure',
      };
    }
    const [store] = left.splice(alike, 1);
    const generated = isGenerated(old.name) && isGenerated(store!.name);
    const why = generated ? ' (its name is generated from its place, which other operators have moved)' : '';
    return {
      verdict: 'loses-state',
      what: `store "${old.name}" is gone and "${store!.name}" is new${why}`,
      remedy: `if they are the same, give it the old name back with { as: '${old.name}' }, else it starts empty`,
    };
  });
  const added = left.map(
    ({ name }): PlannedChange => ({ verdict: 'safe', what: `store "${name}" is new, and empty` }),
  );
  return [...found, ...added];
}

/** Topics between sub-topologies. */
function topicsOf(last: TopologyRecord, now: TopologyRecord): PlannedChange[] {
  const between = ({ internalTopics }: TopologyRecord): string[] =>
    internalTopics.filter((name) => !name.endsWith('-changelog'));
  const gone = between(last).filter((name) => !now.internalTopics.includes(name));
  const fresh = between(now).filter((name) => !last.internalTopics.includes(name));
  if (gone.length === 0) return fresh.map((name) => ({ verdict: 'safe', what: `topic "${name}" is new` }));
  const remedy = 'let the application finish what is in it before, or give the operator its old name';
  if (fresh.length === 0) {
    const what = `topic ${list(gone)} is not used any more, and what waits in it is not processed`;
    return [{ verdict: 'leaves-topic', what, remedy }];
  }
  const what = `what waits in ${list(gone)} would not be processed: the topology has ${list(fresh)} instead`;
  return [{ verdict: 'loses-state', what, remedy }];
}

export function list(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ');
}

/** A change as one clause: what, and what to do. */
export function planText({ what, remedy }: PlannedChange): string {
  return remedy === undefined ? what : `${what}: ${remedy}`;
}
