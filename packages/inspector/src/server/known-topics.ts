import type { Serde } from '@millrace/log-client';
import type { StreamsApp } from '@millrace/streams-core';
import { changelogName, realNames } from '@millrace/streams-core/runtime';

/** What a topic is to the app; `topic` where no app is known. */
export type TopicRole = 'input' | 'output' | 'internal' | 'changelog' | 'dead letters' | 'topic';

export interface KnownTopic {
  readonly name: string;
  readonly role: TopicRole;
  readonly key: Serde<unknown> | undefined;
  readonly value: Serde<unknown> | undefined;
}

/** The topics that an app reads and writes, with the serdes of their records. */
export function knownTopics(app: StreamsApp): ReadonlyMap<string, KnownTopic> {
  const { topology, applicationId } = app;
  const realName = realNames(topology, applicationId);
  const known = new Map<string, KnownTopic>();
  const add = (topic: KnownTopic): void => {
    if (!known.has(topic.name)) known.set(topic.name, topic);
  };
  for (const node of topology.nodes.values()) {
    if (node.kind === 'source') {
      for (const { name, key, value } of node.topics)
        add({ name: realName(name), role: roleOf(topology, name, 'input'), key, value });
    } else if (node.kind === 'sink' && typeof node.topic === 'string') {
      const { topic, key, value } = node as typeof node & {
        readonly topic: string;
        readonly key?: Partial<Serde<unknown>>;
        readonly value?: Partial<Serde<unknown>>;
      };
      add({
        name: realName(topic),
        role: roleOf(topology, topic, 'output'),
        key: readable(key),
        value: readable(value),
      });
    }
  }
  for (const { name, key, value, logging } of topology.stores.values()) {
    if (!logging) continue;
    const serdes = { key: key as Serde<unknown>, value: value as Serde<unknown> };
    add({ name: changelogName(applicationId, name), role: 'changelog', ...serdes });
  }
  for (const name of app.deadLetterTopics)
    add({ name, role: 'dead letters', key: undefined, value: undefined });
  return known;
}

function roleOf(
  { repartitionTopics }: StreamsApp['topology'],
  name: string,
  otherwise: TopicRole,
): TopicRole {
  return repartitionTopics.has(name) ? 'internal' : otherwise;
}

/** A sink needs only one side of a serde. */
function readable(serde: Partial<Serde<unknown>> | undefined): Serde<unknown> | undefined {
  return serde?.deserialize === undefined ? undefined : (serde as Serde<unknown>);
}
