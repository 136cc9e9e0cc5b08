import type { NodeNames } from '../../topology/graph/node-names.ts';

/**
 * The nodes, topics and stores of a foreign-key join: of its subscriptions, of the responses, of the result.
 */
export interface ForeignKeyNames {
  readonly subscribe: string;
  readonly subscriptionTopic: string;
  readonly subscriptionSink: string;
  readonly subscriptionSource: string;
  readonly subscriptionStore: string;
  readonly receive: string;
  readonly respond: string;
  readonly responseTopic: string;
  readonly responseSink: string;
  readonly responseSource: string;
  readonly resolve: string;
  readonly result: string;
}

export const foreignKeyPrefix = 'KTABLE-FK-JOIN-';

/** Names a join's parts in the order and under the names of KTableImpl#doJoinOnForeignKey. */
export function foreignKeyNames(names: NodeNames, name: string | undefined): ForeignKeyNames {
  const named = (suffix: string, generated: string): string =>
    names.node(foreignKeyPrefix + generated, name && name + suffix);
  const subscriptionTopic = `${named('-subscription-registration', 'SUBSCRIPTION-REGISTRATION-')}-topic`;
  const subscribe = named('-subscription-registration-processor', 'SUBSCRIPTION-REGISTRATION-');
  const subscriptionSink = names.node('KTABLE-SINK-', name && `${name}-subscription-registration-sink`);
  const subscriptionSource = names.node('KTABLE-SOURCE-', name && `${name}-subscription-registration-source`);
  const subscriptionStore = named('-subscription-store', 'SUBSCRIPTION-STATE-STORE-');
  const receive = named('-subscription-receive', 'SUBSCRIPTION-PROCESSOR-');
  // Kafka Streams has a node of its own for the next step, which `receive` does here; the numbers stay the
  // same.
  named('-subscription-join-foreign', 'SUBSCRIPTION-PROCESSOR-');
  const respond = named('-foreign-join-subscription', 'SUBSCRIPTION-PROCESSOR-');
  const responseTopic = `${named('-subscription-response', 'SUBSCRIPTION-RESPONSE-')}-topic`;
  const responseSink = names.node('KTABLE-SINK-', name && `${name}-subscription-response-sink`);
  const responseSource = names.node('KTABLE-SOURCE-', name && `${name}-subscription-response-source`);
  const resolve = named('-subscription-response-resolver', 'SUBSCRIPTION-RESPONSE-RESOLVER-PROCESSOR-');
  const result = named('-result', 'OUTPUT-');
  return {
    subscribe,
    subscriptionTopic,
    subscriptionSink,
    subscriptionSource,
    subscriptionStore,
    receive,
    respond,
    responseTopic,
    responseSink,
    responseSource,
    resolve,
    result,
  };
}
