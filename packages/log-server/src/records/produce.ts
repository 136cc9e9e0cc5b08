import { errorCodes, produceApi } from '@millrace/kafka-protocol/messages';
import { failureOf, type Failure, failure } from '../error-code.ts';
import { handler, type ServedLog } from '../handler.ts';

const noAnswer = 0;
const noTime = -1;

interface Appended extends Failure {
  readonly baseOffset: number;
  readonly logAppendTimeMs: number;
  readonly logStartOffset: number;
}

async function append(
  log: ServedLog,
  topic: string,
  index: number,
  records: Buffer | null,
): Promise<Appended> {
  const refused = { baseOffset: -1, logAppendTimeMs: noTime, logStartOffset: -1 };
  const partition = log.raw.partition(topic, index);
  if (partition === undefined) return { ...failure('UNKNOWN_TOPIC_OR_PARTITION'), ...refused };
  try {
    const baseOffset = await log.raw.append(partition, records ?? Buffer.alloc(0));
    // Only a topic whose times the log sets has one to tell.
    const logAppendTimeMs = partition.settings.hasAppendTime ? Date.now() : noTime;
    const { start: logStartOffset } = partition;
    return { errorCode: errorCodes.NONE, errorMessage: null, baseOffset, logAppendTimeMs, logStartOffset };
  } catch (error) {
    return { ...failureOf(error), ...refused };
  }
}

/** Writes batches as they are, each partition's on its own. */
export const handleProduce = handler(
  produceApi,
  async ({ acks, topicData }, { log, version }) => {
    // All are begun before any is awaited: they keep their order, and share a write.
    const pending = topicData.map(({ name, partitionData }) => ({
      name,
      partitions: partitionData.map(async ({ index, records }) => ({
        index,
        ...(await append(log, name, index, records)),
      })),
    }));
    const responses = await Promise.all(
      pending.map(async ({ name, partitions }) => ({
        name,
        partitionResponses: await Promise.all(partitions),
      })),
    );
    if (acks === noAnswer) return undefined;
    // Only later versions have room for a reason.
    const hasReasons = version >= 8;
    return {
      responses: responses.map(({ name, partitionResponses }) => ({
        name,
        partitionResponses: partitionResponses.map(({ errorMessage, ...one }) => ({
          ...one,
          errorMessage: hasReasons ? errorMessage : null,
        })),
      })),
    };
  },
  { overlaps: true },
);
