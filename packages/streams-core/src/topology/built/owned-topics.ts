import { changelogName, realNames } from './internal-topics.ts';
import type { Topology } from './topology.ts';

/** The ends of the names of internal topics, as in Kafka Streams' own reset tool. */
const internalEnd =
  /-(changelog|repartition)$|-subscription-(registration|response)-topic$|-KTABLE-FK-JOIN-SUBSCRIPTION-(REGISTRATION|RESPONSE)-[0-9]+-topic$/;

/**
 * The store names under which an application keeps what it last ran, and what it is to another application;
 * no store of a topology can have them.
 */
const topologyStore = '__topology';
const takeoverStore = '__takeover';

/** The topic in which an application keeps what it last ran. */
export function topologyTopic(applicationId: string): string {
  return changelogName(applicationId, topologyStore);
}

/** The topic that says what an application is to another one: its fork, or replaced by it. */
export function takeoverTopic(applicationId: string): string {
  return changelogName(applicationId, takeoverStore);
}

/** Whether a topic is internal to some application, by its name. */
export function isInternalTopic(name: string): boolean {
  return internalEnd.test(name);
}

/** All internal topics that a topology has in an application, by their real names. */
export function internalTopicsOf(topology: Topology, applicationId: string): string[] {
  const realName = realNames(topology, applicationId);
  const repartition = [...topology.repartitionTopics.keys()].map(realName);
  const changelogs = topology.subTopologies
    .filter((part) => !part.global)
    .flatMap(({ stores }) => stores.filter(({ logging }) => logging))
    .map(({ name }) => changelogName(applicationId, name));
  return [...new Set([...repartition, ...changelogs])].toSorted();
}

export interface OwnedTopicsOptions {
  readonly applicationId: string;
  /** All topics of the log. */
  readonly topics: readonly string[];
  /** The ids of other applications, e.g. the groups of the log. */
  readonly applications: readonly string[];
  /** What the application's own record names, where it has one. */
  readonly recorded?: readonly string[] | undefined;
}

/**
 * The internal topics that belong to an application: the ones it is known to have, else those whose names
 * begin with its id and end as internal topics do. `shop-eu-counts-changelog` is of `shop-eu`, where there is
 * such an application, not of `shop`.
 */
export function ownedTopics({ applicationId, topics, applications, recorded }: OwnedTopicsOptions): string[] {
  const end = topologyTopic('').slice(1);
  const known = new Set([
    ...applications,
    ...topics.filter((name) => name.endsWith(`-${end}`)).map((name) => name.slice(0, -end.length - 1)),
  ]);
  const longer = [...known].filter((id) => id.startsWith(`${applicationId}-`));
  const named = new Set(recorded ?? []);
  return topics.filter((name) => {
    if (named.has(name)) return true;
    if (!name.startsWith(`${applicationId}-`) || !isInternalTopic(name)) return false;
    return !longer.some((id) => name.startsWith(`${id}-`));
  });
}
