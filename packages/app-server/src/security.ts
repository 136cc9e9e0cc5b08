import { createHash, timingSafeEqual } from 'node:crypto';
import { cors } from 'hono/cors';
import type { MiddlewareHandler } from 'hono';
import { errorAnswer } from './error-answer.ts';
import type { ResolvedServeOptions } from './options.ts';

const loopback = ['localhost', '127.0.0.1', '[::1]'];
/** What a load balancer may ask without a token. */
const open = new Set(['/healthz', '/readyz']);

/** The name in a Host header, without its port. */
function nameIn(host: string): string {
  return host.replace(/:\d+$/, '').toLowerCase();
}

/**
 * Refuses requests for names that are not this server's: a page elsewhere whose name was pointed at this
 * address would otherwise read the answers as its own.
 */
export function checkHost(
  { host, allowedHosts }: ResolvedServeOptions,
  own: string | undefined,
): MiddlewareHandler {
  const names = new Set(
    [...loopback, host, ...allowedHosts, ...(own === undefined ? [] : [own])].map(nameIn),
  );
  return async (context, next) => {
    const asked = context.req.header('host') ?? '';
    if (names.has(nameIn(asked))) return next();
    return errorAnswer(context, 403, {
      code: 'HOST_REFUSED',
      message: `This server is not "${nameIn(asked)}": name it in allowedHosts if it is`,
    });
  };
}

/** Lets in who carries the token. */
export function checkToken(token: string | undefined): MiddlewareHandler {
  // Of equal length, whatever was sent.
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  const expected = token === undefined ? undefined : digest(`Bearer ${token}`);
  return async (context, next) => {
    if (expected === undefined || open.has(context.req.path)) return next();
    if (timingSafeEqual(digest(context.req.header('authorization') ?? ''), expected)) return next();
    context.header('WWW-Authenticate', 'Bearer');
    return errorAnswer(context, 401, {
      code: 'TOKEN_NEEDED',
      message: 'Send the token: "Authorization: Bearer ..."',
    });
  };
}

/** No other site may read the answers, unless it is named. */
export function allowOrigins({ allowedOrigins }: ResolvedServeOptions): MiddlewareHandler {
  if (allowedOrigins.length === 0) return (_, next) => next();
  return cors({ origin: [...allowedOrigins], allowMethods: ['GET'], allowHeaders: ['Authorization'] });
}
