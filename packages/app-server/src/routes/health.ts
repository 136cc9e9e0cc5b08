import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { StreamsApp } from '@millrace/streams-core';
import type { Gate } from '../security.ts';

const Health = z
  .object({
    status: z.enum(['starting', 'restoring', 'running', 'paused', 'stuck', 'failed', 'closed']),
    live: z.boolean(),
    ready: z.boolean(),
    reasons: z.array(z.string()),
  })
  .openapi('Health');

const answers = (what: string) => ({
  200: { description: what, content: { 'application/json': { schema: Health } } },
  503: { description: `Not ${what}`, content: { 'application/json': { schema: Health } } },
});

export interface HealthRouteOptions {
  readonly stuckAfterMs: number;
  readonly gate: Gate;
}

/**
 * `/healthz`: whether to leave the process alone. `/readyz`: whether to send it requests. Reasons may name
 * records: they are for those who may ask anything else too.
 */
export function healthRoutes(
  server: OpenAPIHono,
  app: StreamsApp,
  { stuckAfterMs, gate }: HealthRouteOptions,
): void {
  for (const [path, sign] of [
    ['/healthz', 'live'],
    ['/readyz', 'ready'],
  ] as const) {
    server.openapi(createRoute({ method: 'get', path, responses: answers(sign) }), (context) => {
      const health = app.health({ stuckAfterMs });
      const reasons = gate.isTrusted(context) ? [...health.reasons] : [];
      return context.json({ ...health, reasons }, health[sign] ? 200 : 503);
    });
  }
}
