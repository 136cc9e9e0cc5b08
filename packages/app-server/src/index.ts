export { openTelemetryMetrics } from './open-telemetry.ts';
export { openTelemetryTracing, type TracingOptions } from './open-telemetry-tracing.ts';
export type { ServeAppOptions } from './options.ts';
export { QueryRefusedError } from './ask-host.ts';
export { type AppQueries, queryApp, type QueryAppOptions } from './query-app.ts';
export { type AppServer, serveApp } from './serve-app.ts';
