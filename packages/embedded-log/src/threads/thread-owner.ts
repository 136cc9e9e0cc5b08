import type { MessagePort } from 'node:worker_threads';
import { type LogAdmin, type LogCapabilities, LogError, type LogProducerOptions } from '@millrace/log-client';
import type { GroupCoordinator } from '../group/coordinator.ts';
import type { EmbeddedProducer } from '../producer.ts';
import type { LogState } from '../storage/log-state.ts';
import type {
  CommitAnswer,
  CommitRequest,
  ReadPosition,
  ReadRequest,
  Hello,
  ThreadJoin,
} from './messages.ts';
import { OwnerMembers } from './owner-members.ts';
import { OwnerReaders } from './owner-readers.ts';
import { Peer } from './peer.ts';

export interface ThreadOwnerOptions {
  readonly capabilities: LogCapabilities;
  readonly admin: LogAdmin;
  readonly state: LogState;
  readonly isClosed: () => boolean;
  readonly producer: (options: LogProducerOptions) => EmbeddedProducer;
  /** @throws LogError `LOG_FENCED` for a group with members of another kind */
  readonly group: (name: string) => GroupCoordinator;
  readonly onClose: (owner: ThreadOwner) => void;
}

type AdminCall = readonly [name: keyof LogAdmin, args: readonly unknown[]];

/** Serves the log to one other thread: the main side of a port. */
export class ThreadOwner {
  readonly #options: ThreadOwnerOptions;
  readonly #peer: Peer;
  readonly #readers: OwnerReaders;
  readonly #members: OwnerMembers;
  readonly #producers = new Map<number, EmbeddedProducer>();

  constructor(port: MessagePort, options: ThreadOwnerOptions) {
    this.#options = options;
    const readers = new OwnerReaders(options.state, options.isClosed);
    const members = new OwnerMembers(options.group, () => this.#peer);
    this.#readers = readers;
    this.#members = members;
    this.#peer = new Peer(port, {
      handlers: {
        hello: (): Hello => ({ capabilities: options.capabilities }),
        admin: (call: AdminCall) => this.#admin(call),
        find: (positions: readonly ReadPosition[]) => {
          for (const { topic, partition } of positions) options.state.partition(topic, partition);
        },
        fetch: (request: ReadRequest) => readers.fetch(request),
        interrupt: (reader: number) => readers.interrupt(reader),
        open: ({ producer, ...rest }: LogProducerOptions & { readonly producer: number }) => {
          this.#producers.set(producer, options.producer(rest));
        },
        commit: (request: CommitRequest) => this.#commit(request),
        closeProducer: (producer: number) => void this.#producers.delete(producer),
        join: (request: ThreadJoin & { readonly member: number }) => members.join(request),
        polled: (member: number) => members.polled(member),
        look: (member: number) => members.look(member),
        release: (request: Parameters<OwnerMembers['release']>[0]) => members.release(request),
        take: (request: Parameters<OwnerMembers['take']>[0]) => members.take(request),
        rejoin: (member: number) => members.rejoin(member),
        leave: (member: number) => members.leave(member),
      },
      onClose: () => {
        readers.wake();
        members.close();
        options.onClose(this);
      },
      closedError: () => new LogError('LOG_CLOSED', 'The thread that the log was connected to has ended'),
    });
    // A thread that waits does not keep the process alive.
    port.unref();
  }

  /** Groups, topics or the log have changed. */
  wake(): void {
    this.#readers.wake();
    this.#members.changed();
  }

  close(): void {
    this.#peer.close();
  }

  #admin([name, args]: AdminCall): Promise<unknown> {
    const admin = this.#options.admin as unknown as Record<
      string,
      (...args: readonly unknown[]) => Promise<unknown>
    >;
    return admin[name]!(...args);
  }

  async #commit({ producer, ...request }: CommitRequest): Promise<CommitAnswer> {
    const found = this.#producers.get(producer);
    if (found === undefined) throw new LogError('LOG_CLOSED', 'This producer is closed');
    return found.commitEncoded(request);
  }
}
