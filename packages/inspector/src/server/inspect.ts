import {
  type AppServer,
  serveApp,
  type ServeAppOptions,
  serveRoutes,
  type ServeRoutesOptions,
} from '@millrace/app-server';
import type { LogClient } from '@millrace/log-client';
import type { StreamsApp } from '@millrace/streams-core';
import { appRoutes, logRoutes, type PageRoutes } from './page-routes.ts';

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
  const page = appRoutes(app, { path: pagePath, intervalMs });
  return pageAt(page, await serveApp(app, { ...serving, routes: page.add, openPaths: [pagePath] }));
}

export interface InspectLogOptions extends Omit<ServeRoutesOptions, 'routes' | 'openPaths'> {
  /** As in {@link InspectOptions}. */
  readonly intervalMs?: number;
}

/**
 * Serves a page that shows a log, of which no topology is known: its consumer groups with members and lag,
 * its topics, and their last records as texts. On loopback unless `host` says more.
 * @throws ConfigError for wrong options; what `listen` fails with
 */
export async function inspectLog(log: LogClient, options: InspectLogOptions = {}): Promise<AppServer> {
  const { intervalMs = 1000, ...serving } = options;
  const page = logRoutes(log, { path: pagePath, intervalMs });
  return pageAt(page, await serveRoutes({ ...serving, routes: page.add, openPaths: [pagePath] }));
}

function pageAt(page: PageRoutes, server: AppServer): AppServer {
  return {
    ...server,
    url: `${server.url}${pagePath}`,
    close: async () => {
      page.close();
      await server.close();
    },
  };
}
