import type { KafkaErrorName } from '@millrace/kafka-protocol/messages';

/** Why the log does not take what a client of Kafka's protocol asks for, in Kafka's terms. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly type: KafkaErrorName;

  constructor(type: KafkaErrorName, why: string) {
    super(why);
    this.type = type;
  }
}
