import { type AppServer, serveApp, type ServeAppOptions } from '@millrace/app-server';
import type { StreamsApp } from '@millrace/streams-core';
import { pageRoutes } from './page-routes.ts';

export interface InspectOptions extends Omit<ServeAppOptions, 'routes' | 'openPaths'> {
  /** How often the page gets figures, in milliseconds. Default 1000. */
  readonly intervalMs?: number;
}

/** Where the page is. */
const pagePath = '/inspect';

/**
 * Serves a page that shows a running app: its topology with rates, its instances, stores and topics; and all
 * that `serveApp` serves. On loopback unless `host` says more; with a token the page asks for it. It costs
 * nothing while nobody looks. `url` of the result is the page's.
 * @throws ConfigError for wrong options; what `listen` fails with
 */
export async function inspect(app: StreamsApp, options: InspectOptions = {}): Promise<AppServer> {
  const { intervalMs = 1000, ...serving } = options;
  const page = pageRoutes(app, { path: pagePath, intervalMs });
  const server = await serveApp(app, { ...serving, routes: page.add, openPaths: [pagePath] });
  return {
    ...server,
    url: `${server.url}${pagePath}`,
    close: async () => {
      page.close();
      await server.close();
    },
  };
}
