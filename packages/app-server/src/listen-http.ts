import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import type { Hono } from 'hono';
import { ConfigError } from '@millrace/streams-core';
import { errorAnswer, errorAnswerOf } from './error-answer.ts';
import { httpLimits, type ResolvedServeOptions } from './options.ts';

/** A running HTTP server. */
export interface AppServer {
  readonly host: string;
  readonly port: number;
  /** `http://host:port`. */
  readonly url: string;
  /** Ends streams and connections. What it serves goes on. */
  close(): Promise<void>;
}

/** Answers in one form for what is not there, and for what a route has thrown. */
export function answerErrors(
  server: Pick<Hono, 'notFound' | 'onError'>,
  { hint }: { readonly hint: string },
): void {
  server.notFound((context) =>
    errorAnswer(context, 404, { code: 'NOT_FOUND', message: `There is no ${context.req.path}${hint}` }),
  );
  server.onError((error, context) => {
    const { status, what } = errorAnswerOf(error);
    return errorAnswer(context, status, what);
  });
}

/** Listens, where the options say. @throws ConfigError when the port is taken, or may not be used. */
export async function listenHttp(
  fetch: Parameters<typeof createAdaptorServer>[0]['fetch'],
  { host, port }: Pick<ResolvedServeOptions, 'host' | 'port'>,
): Promise<AppServer> {
  const http = createAdaptorServer({ fetch, serverOptions: httpLimits });
  const found = await new Promise<AddressInfo>((resolve, reject) => {
    const failed = (error: Error): void => {
      const why = `Cannot listen on ${host}:${port}: ${error.message}`;
      reject(new ConfigError(`${why}. Use another port, or 0 for any`, { cause: error }));
    };
    http.once('error', failed);
    http.listen(port, host, () => {
      http.off('error', failed);
      resolve(http.address() as AddressInfo);
    });
  });
  const shown = found.address.includes(':') ? `[${found.address}]` : found.address;
  return {
    host: found.address,
    port: found.port,
    url: `http://${shown}:${found.port}`,
    close: async () => {
      const closed = new Promise<void>((resolve) => http.close(() => resolve()));
      if ('closeAllConnections' in http) http.closeAllConnections();
      await closed;
    },
  };
}
