import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { StreamsApp } from '@millrace/streams-core';

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

/** `/healthz`: whether to leave the process alone. `/readyz`: whether to send it requests. */
export function healthRoutes(server: OpenAPIHono, app: StreamsApp, stuckAfterMs: number): void {
  server.openapi(createRoute({ method: 'get', path: '/healthz', responses: answers('live') }), (context) => {
    const health = app.health({ stuckAfterMs });
    return context.json({ ...health, reasons: [...health.reasons] }, health.live ? 200 : 503);
  });
  server.openapi(createRoute({ method: 'get', path: '/readyz', responses: answers('ready') }), (context) => {
    const health = app.health({ stuckAfterMs });
    return context.json({ ...health, reasons: [...health.reasons] }, health.ready ? 200 : 503);
  });
}
