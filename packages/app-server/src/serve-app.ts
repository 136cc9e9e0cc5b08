import { OpenAPIHono } from '@hono/zod-openapi';
import type { StreamsApp } from '@millrace/streams-core';
import type { Hono } from 'hono';
import { errorAnswer } from './error-answer.ts';
import { answerErrors, type AppServer, listenHttp } from './listen-http.ts';
import { resolveServeOptions, type ServeAppOptions } from './options.ts';
import { PrometheusText, prometheusType } from './telemetry/prometheus.ts';
import { changeRoutes } from './routes/changes.ts';
import { healthRoutes } from './routes/health.ts';
import { storeRoutes } from './routes/stores.ts';
import { allowOrigins, Gate } from './security.ts';

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
  answerErrors(server as unknown as Hono, { hint: ': /openapi.json says what there is' });
  const listening = await listenHttp(server.fetch, options);
  return {
    ...listening,
    close: async () => {
      endStreams();
      await listening.close();
      await metrics.close();
    },
  };
}
