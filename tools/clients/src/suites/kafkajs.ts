import { Kafka, logLevel } from 'kafkajs';
import { ServedLog } from '../served-log.ts';
import { failed, passed, type Suite } from '../suite.ts';

const count = 300;

/** kafkajs writes in transactions, every other of them aborted, and a group reads what was committed. */
export const kafkajs: Suite = {
  name: 'kafkajs: round trip with transactions',
  missing: () => undefined,
  run: async () => {
    const served = await ServedLog.start();
    const kafka = new Kafka({ brokers: [served.address], logLevel: logLevel.NOTHING });
    const producer = kafka.producer({ transactionalId: 'js', idempotent: true, maxInFlightRequests: 1 });
    const consumer = kafka.consumer({ groupId: 'js' });
    try {
      await kafka.admin().createTopics({ topics: [{ topic: 'js', numPartitions: 2 }] });
      await producer.connect();
      for (let n = 0; n < 10; n++) {
        const transaction = await producer.transaction();
        const messages = Array.from({ length: count / 5 }, (_, m) => ({ key: `${m}`, value: `${n}-${m}` }));
        await transaction.send({ topic: 'js', messages });
        await (n % 2 === 0 ? transaction.commit() : transaction.abort());
      }
      await consumer.connect();
      await consumer.subscribe({ topic: 'js', fromBeginning: true });
      const values = new Set<string>();
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`${values.size} values after a minute`)), 60_000);
        const eachMessage = async ({ message }: { message: { value: Buffer | null } }): Promise<void> => {
          values.add(String(message.value));
          if (values.size === count) {
            clearTimeout(timer);
            resolve();
          }
        };
        consumer.run({ eachMessage }).catch(reject);
      });
      const isEven = [...values].every((value) => Number(value.split('-')[0]) % 2 === 0);
      return isEven ? passed(1) : failed('values of aborted transactions were read');
    } catch (error) {
      return failed(String(error));
    } finally {
      await Promise.allSettled([producer.disconnect(), consumer.disconnect()]);
      await served.remove();
    }
  },
};
