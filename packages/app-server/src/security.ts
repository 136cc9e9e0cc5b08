import { createHash, timingSafeEqual } from 'node:crypto';
import { cors } from 'hono/cors';
import type { Context, MiddlewareHandler } from 'hono';
import { errorAnswer } from './error-answer.ts';
import type { ResolvedServeOptions } from './options.ts';

const loopback = ['localhost', '127.0.0.1', '[::1]'];
/** What probes may ask under any host name and without a token; the answer then gives no reasons. */
const open = new Set(['/healthz', '/readyz']);

/** The name in a Host header, without its port. */
function nameIn(host: string): string {
  return host.replace(/:\d+$/, '').toLowerCase();
}

/** Who a request may come from. */
export class Gate {
  readonly #names: ReadonlySet<string>;
  readonly #expected: Buffer | undefined;
  readonly #openPaths: readonly string[];

  /** @param own the app's `applicationServer` */
  constructor({ host, allowedHosts, token, openPaths }: ResolvedServeOptions, own: string | undefined) {
    this.#names = new Set(
      [...loopback, host, ...allowedHosts, ...(own === undefined ? [] : [own])].map(nameIn),
    );
    this.#openPaths = openPaths;
    this.#expected = token === undefined ? undefined : digest(`Bearer ${token}`);
  }

  /** Whether it asks for this server by name, with the token. */
  isTrusted(context: Context): boolean {
    return this.#isNamed(context) && this.#hasToken(context);
  }

  #isNamed(context: Context): boolean {
    return this.#names.has(nameIn(context.req.header('host') ?? ''));
  }

  #isOpen(path: string): boolean {
    return this.#openPaths.some((open) => path === open || path.startsWith(`${open}/`));
  }

  #hasToken(context: Context): boolean {
    if (this.#expected === undefined) return true;
    return timingSafeEqual(digest(context.req.header('authorization') ?? ''), this.#expected);
  }

  /**
   * Refuses requests without the token, and those for names that are not this server's: a page elsewhere
   * whose name was pointed at this address would otherwise read the answers as its own.
   */
  readonly check: MiddlewareHandler = async (context, next) => {
    if (open.has(context.req.path)) return next();
    if (!this.#isNamed(context)) {
      const asked = nameIn(context.req.header('host') ?? '');
      const message = `This server is not "${asked}": name it in allowedHosts if it is`;
      return errorAnswer(context, 403, { code: 'HOST_REFUSED', message });
    }
    if (this.#hasToken(context) || this.#isOpen(context.req.path)) return next();
    context.header('WWW-Authenticate', 'Bearer');
    const message = 'Send the token: "Authorization: Bearer ..."';
    return errorAnswer(context, 401, { code: 'TOKEN_NEEDED', message });
  };
}

/** Of equal length, whatever was sent. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** No other site may read the answers, unless it is named. */
export function allowOrigins({ allowedOrigins }: ResolvedServeOptions): MiddlewareHandler {
  if (allowedOrigins.length === 0) return (_, next) => next();
  return cors({ origin: [...allowedOrigins], allowMethods: ['GET'], allowHeaders: ['Authorization'] });
}
