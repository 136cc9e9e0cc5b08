import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

export const partitions = 4;

/** One of the clients that are compared. Record n of `values` goes to partition `n % partitions`. */
export interface MeasuredClient {
  /** Sends records `from` to `to` to {@link topicsOf}'s plain topic, acknowledged. */
  send(from: number, to: number): Promise<unknown>;
  /** The same to the other topic, in one transaction. */
  transact(from: number, to: number): Promise<unknown>;
  /** Reads so many records of a topic. Resolves to the bytes of their values. */
  read(topic: string, count: number): Promise<number>;
  close(): Promise<unknown>;
}

export interface ClientOptions {
  readonly brokers: string[];
  readonly topics: Topics;
  readonly values: readonly Buffer[];
  /** The folder whose node_modules has the clients of others. */
  readonly libraries: string;
}

interface Topics {
  readonly plain: string;
  readonly named: string;
}

export const topicsOf = (prefix: string): Topics => ({ plain: `${prefix}-plain`, named: `${prefix}-named` });

/** The module of a client that was installed apart. */
export async function load<T>(libraries: string, name: string): Promise<T> {
  const file = createRequire(path.join(libraries, 'package.json')).resolve(name);
  return (await import(pathToFileURL(file).href)) as T;
}
