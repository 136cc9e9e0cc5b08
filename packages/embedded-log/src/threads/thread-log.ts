import type { MessagePort } from 'node:worker_threads';
import {
  type AssignorMember,
  type GroupMember,
  type GroupOptions,
  type LogAdmin,
  type LogCapabilities,
  type LogClient,
  LogError,
  type LogProducer,
  type LogProducerOptions,
  type LogReader,
  type ReaderPosition,
  type RecordList,
} from '@millrace/log-client';
import { newRecordList } from '../encode/record-list.ts';
import type { Hello } from './messages.ts';
import { Peer } from './peer.ts';
import { type AskedOfMember, ThreadMember } from './thread-member.ts';
import { ThreadProducer } from './thread-producer.ts';
import { ThreadReader } from './thread-reader.ts';

interface AssignCall {
  readonly member: number;
  readonly members: readonly AssignorMember[];
  readonly partitions: ReadonlyMap<string, number>;
}

/** An embedded log that another thread of this process owns. */
export class ThreadLog implements LogClient {
  readonly capabilities: LogCapabilities;
  readonly admin: LogAdmin;
  readonly #peer: Peer;
  readonly #members: Map<number, AskedOfMember>;
  #ids = 0;

  private constructor(peer: Peer, members: Map<number, AskedOfMember>, { capabilities }: Hello) {
    this.#peer = peer;
    this.#members = members;
    this.capabilities = capabilities;
    this.admin = remoteAdmin(peer);
  }

  /** Opens the log at the other end of a port. @throws LogError `LOG_CLOSED` */
  static async open(port: MessagePort): Promise<ThreadLog> {
    const members = new Map<number, AskedOfMember>();
    const peer = new Peer(port, {
      handlers: {
        userData: (member: number) => members.get(member)!.userData(),
        assign: ({ member, ...call }: AssignCall) =>
          members.get(member)!.assign(call.members, call.partitions),
        groupsChanged: () => {
          for (const member of members.values()) member.groupsChanged();
        },
      },
      onClose: () => {},
      closedError: () => new LogError('LOG_CLOSED', 'The thread that owns the log has closed it'),
    });
    return new ThreadLog(peer, members, await peer.call<Hello>('hello', undefined));
  }

  async producer(options: LogProducerOptions = {}): Promise<LogProducer> {
    const id = this.#ids++;
    await this.#peer.call('open', { producer: id, ...options });
    return new ThreadProducer(id, this.#peer);
  }

  recordList(expectedBytes?: number): RecordList {
    return newRecordList(expectedBytes);
  }

  async reader(positions: readonly ReaderPosition[]): Promise<LogReader> {
    await this.#peer.call('find', positions);
    const reader = new ThreadReader(this.#ids++, this.#peer);
    for (const position of positions) reader.add(position, { paused: false });
    return reader;
  }

  async join(options: GroupOptions): Promise<GroupMember> {
    const id = this.#ids++;
    const parts = {
      id,
      peer: this.#peer,
      reader: new ThreadReader(id, this.#peer),
      producer: await this.producer(),
      onClose: () => void this.#members.delete(id),
    };
    return ThreadMember.join(parts, options, (asked) => this.#members.set(id, asked));
  }

  async close(): Promise<void> {
    this.#peer.close();
  }
}

/**
 * Opens an embedded log in a worker thread, by a port of the thread that owns it; see
 * {@link EmbeddedLog.threadPort}. Records are read and commits encoded in the thread that calls this.
 * @throws LogError `LOG_CONFIG` without a port, `LOG_CLOSED`
 */
export async function threadLog(port: MessagePort | undefined): Promise<ThreadLog> {
  if (port === undefined) {
    throw new LogError(
      'LOG_CONFIG',
      'threadLog needs a port of the thread that owns the log: start workers with `logPort: () => log.threadPort()`',
    );
  }
  return ThreadLog.open(port);
}

const adminCalls = [
  'topics',
  'createTopics',
  'createPartitions',
  'deleteTopics',
  'alterTopics',
  'effectiveConfigs',
  'sizes',
  'offsetsForTimes',
  'offsets',
  'committed',
  'groups',
  'describeGroup',
  'deleteGroups',
  'deleteOffsets',
  'deleteRecords',
] as const satisfies readonly (keyof LogAdmin)[];

function remoteAdmin(peer: Peer): LogAdmin {
  const call =
    (name: keyof LogAdmin) =>
    (...args: readonly unknown[]): Promise<unknown> =>
      peer.call('admin', [name, args]);
  return Object.fromEntries(adminCalls.map((name) => [name, call(name)])) as unknown as LogAdmin;
}
