import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LogOwner } from './owner-file.ts';

const retryDelayMs = 20;
const connectTimeoutMs = 2000;

/** A connection to the owner of a log, whose end says that it is gone. */
export class LifeLine {
  readonly #owner: () => Promise<LogOwner | undefined>;
  readonly #onGone: () => Promise<boolean>;
  #socket: net.Socket | undefined;
  #watching = Promise.resolve();
  #isClosed = false;

  /** @param onGone is asked, again and again, to take over; true when there is nothing to watch any more */
  constructor(owner: () => Promise<LogOwner | undefined>, onGone: () => Promise<boolean>) {
    this.#owner = owner;
    this.#onGone = onGone;
  }

  /** Watches in the background. */
  hold(): void {
    this.#watching = this.#watch().catch((error: unknown) => {
      // The folder cannot be taken over: the next call of the log reports it.
      process.emitWarning(`A shared log could not be taken over: ${String(error)}`, 'MillraceWarning');
    });
  }

  async #watch(): Promise<void> {
    while (!this.#isClosed) {
      const owner = await this.#owner();
      const socket = owner && (await connect(owner));
      if (socket !== undefined) {
        this.#socket = socket;
        // Closed while it connected.
        if (this.#isClosed) socket.destroy();
        await ended(socket);
        continue;
      }
      if (this.#isClosed || (await this.#onGone())) return;
      await sleep(retryDelayMs);
    }
  }

  static async isAlive(owner: LogOwner): Promise<boolean> {
    const socket = await connect(owner);
    socket?.destroy();
    return socket !== undefined;
  }

  /** Resolves once a takeover that is under way has ended. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#socket?.destroy();
    await this.#watching;
  }
}

function connect({ host, port }: LogOwner): Promise<net.Socket | undefined> {
  return new Promise((resolve) => {
    const socket = net.connect(port, host);
    socket.setTimeout(connectTimeoutMs, () => socket.destroy());
    socket.on('error', () => {});
    socket.once('close', () => resolve(undefined));
    socket.once('connect', () => {
      socket.setTimeout(0);
      socket.removeAllListeners('close');
      socket.unref();
      resolve(socket);
    });
  });
}

function ended(socket: net.Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) resolve();
    else socket.once('close', () => resolve());
    // It says nothing; whatever the owner says means nothing.
    socket.resume();
  });
}
