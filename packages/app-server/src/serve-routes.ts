import { Hono } from 'hono';
import { answerErrors, type AppServer, listenHttp } from './listen-http.ts';
import { resolveServeOptions, type ServeAppOptions } from './options.ts';
import { allowOrigins, Gate } from './security.ts';

export type ServeRoutesOptions = Pick<
  ServeAppOptions,
  'allowedHosts' | 'allowedOrigins' | 'host' | 'openPaths' | 'port' | 'token'
> &
  Required<Pick<ServeAppOptions, 'routes'>>;

/**
 * Serves routes behind the checks of `serveApp` (loopback, host names, token), without an app.
 * @throws ConfigError for wrong options; what `listen` fails with
 */
export async function serveRoutes(given: ServeRoutesOptions): Promise<AppServer> {
  const options = resolveServeOptions(given);
  const server = new Hono();
  server.use('*', allowOrigins(options), new Gate(options, undefined).check);
  given.routes(server);
  answerErrors(server, { hint: '' });
  return listenHttp(server.fetch, options);
}
