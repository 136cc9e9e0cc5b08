import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { OpenAPIHono } from '@hono/zod-openapi';
import type { StreamsApp } from '@millrace/streams-core';
import type { Hono } from 'hono';
import { errorAnswer, errorAnswerOf } from './error-answer.ts';
import { httpLimits, resolveServeOptions, type ServeAppOptions } from './options.ts';
import { PrometheusText, prometheusType } from './prometheus.ts';
import { changeRoutes } from './routes/changes.ts';
import { healthRoutes } from './routes/health.ts';
import { storeRoutes } from './routes/stores.ts';
import { allowOrigins, Gate } from './security.ts';

/** A running server of one app. */
export interface AppServer {
  readonly host: string;
  readonly port: number;
  /** `http://host:port`. */
  readonly url: string;
  /** Ends streams and connections. The app goes on. */
  close(): Promise<void>;
}

/**
 * Serves a running app over HTTP: its stores (`/stores`), their changes, `/healthz` and `/readyz`, `/metrics`
 * for Prometheus, and a description of it all at `/openapi.json`. On loopback unless told otherwise. Give
 * each instance its `host:port` as `applicationServer`, and a request for rows that another one has is
 * forwarded to it.
 * @throws ConfigError for wrong options; what `listen` fails with
 */
export async function serveApp(app: StreamsApp, given: ServeAppOptions = {}): Promise<AppServer> {
  const options = resolveServeOptions(given);
  const server = new OpenAPIHono({
    defaultHook: (result, context) => {
      if (result.success) return undefined;
      const [issue] = result.error.issues;
      const message = `${issue?.path.join('.') ?? 'request'}: ${issue?.message ?? 'makes no sense'}`;
      return errorAnswer(context, 400, { code: 'REQUEST_INVALID', message });
    },
  });
  const gate = new Gate(options, app.applicationServer);
  server.use('*', allowOrigins(options), gate.check);
  healthRoutes(server, app, { stuckAfterMs: options.stuckAfterMs, gate });
  const metrics = new PrometheusText(app);
  server.get('/metrics', async (context) =>
    context.body(await metrics.read(), 200, { 'content-type': prometheusType }),
  );
  const endStreams = changeRoutes(server, app, options);
  storeRoutes(server, app, options);
  options.routes?.(server as unknown as Hono);
  server.doc31('/openapi.json', { openapi: '3.1.0', info: { title: app.applicationId, version: '1' } });
  server.notFound((context) =>
    errorAnswer(context, 404, {
      code: 'NOT_FOUND',
      message: `There is no ${context.req.path}: /openapi.json says what there is`,
    }),
  );
  server.onError((error, context) => {
    const { status, what } = errorAnswerOf(error);
    return errorAnswer(context, status, what);
  });
  const http = createAdaptorServer({ fetch: server.fetch, serverOptions: httpLimits });
  const { address, port } = await new Promise<AddressInfo>((resolve, reject) => {
    http.once('error', reject);
    http.listen(options.port, options.host, () => {
      http.off('error', reject);
      resolve(http.address() as AddressInfo);
    });
  });
  const shown = address.includes(':') ? `[${address}]` : address;
  return {
    host: address,
    port,
    url: `http://${shown}:${port}`,
    close: async () => {
      endStreams();
      const closed = new Promise<void>((resolve) => http.close(() => resolve()));
      if ('closeAllConnections' in http) http.closeAllConnections();
      await closed;
      await metrics.close();
    },
  };
}
