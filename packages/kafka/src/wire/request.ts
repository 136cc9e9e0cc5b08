import type { ByteWriter } from './byte-writer.ts';
import { ByteReader } from './byte-reader.ts';

/** A request in the form in which kafkajs's connections send one. */
export interface WireRequest<T> {
  readonly request: {
    readonly apiKey: number;
    readonly apiVersion: number;
    readonly apiName: string;
    readonly encode: () => Promise<{ readonly buf: Buffer; readonly buffer: Buffer }>;
  };
  readonly response: {
    readonly decode: (payload: Buffer) => Promise<{ clientSideThrottleTime?: number; readonly data: T }>;
    /** Gets what `decode` gave. */
    readonly parse: (decoded: never) => Promise<T>;
  };
  readonly requestTimeout?: number;
  readonly logResponseError?: boolean;
}

export interface WireApi {
  readonly key: number;
  readonly version: number;
  readonly name: string;
  /** Whether this version has tagged fields, in the headers too. */
  readonly flexible?: boolean;
  /** Answers begin with how long the client is to hold back; true but for the earliest APIs. */
  readonly throttled?: boolean;
}

/**
 * Puts a request together from how its body is written and its answer read; `read` starts past the throttle
 * time.
 */
export function wireRequest<T>(
  { key, version, name, flexible = false, throttled = true }: WireApi,
  body: ByteWriter,
  read: (reader: ByteReader) => T,
  requestTimeout?: number,
): WireRequest<T> {
  return {
    request: { apiKey: key, apiVersion: version, apiName: name, encode: async () => body },
    response: {
      decode: async (payload) => {
        const reader = new ByteReader(payload);
        if (flexible) reader.tags();
        const throttle = throttled ? reader.int32() : 0;
        return { clientSideThrottleTime: throttle, data: read(reader) };
      },
      parse: async ({ data }: { readonly data: T }) => data,
    },
    logResponseError: false,
    ...(requestTimeout === undefined ? {} : { requestTimeout }),
  };
}
