export { openTelemetryMetrics } from './telemetry/open-telemetry.ts';
export { openTelemetryTracing, type TracingOptions } from './telemetry/open-telemetry-tracing.ts';
export type { ServeAppOptions } from './options.ts';
export { QueryRefusedError } from './ask-host.ts';
export { type AppQueries, queryApp, type QueryAppOptions } from './query-app.ts';
export type { AppServer } from './listen-http.ts';
export { serveApp } from './serve-app.ts';
export { serveRoutes, type ServeRoutesOptions } from './serve-routes.ts';
