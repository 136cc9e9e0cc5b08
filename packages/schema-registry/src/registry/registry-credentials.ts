import type { BlockingFetch } from './blocking-fetch.ts';
import { SchemaRegistryError } from './errors.ts';
import type { SchemaRegistryAuth } from './options.ts';

type OAuthClient = Extract<SchemaRegistryAuth, { readonly issuer: string }>;

/** A token is asked for again so long before it ends, in milliseconds. */
const marginMs = 30_000;

/** The headers that say who asks. */
export class RegistryCredentials {
  readonly #auth: SchemaRegistryAuth | undefined;
  readonly #http: BlockingFetch;
  #token: { readonly text: string; readonly endsAt: number } | undefined;

  constructor(auth: SchemaRegistryAuth | undefined, http: BlockingFetch) {
    this.#auth = auth;
    this.#http = http;
  }

  /** Asks the issuer for a token where it needs one. @throws SchemaRegistryError, UnreachableError */
  headers(timeoutMs: number): Readonly<Record<string, string>> {
    const auth = this.#auth;
    if (auth === undefined) return {};
    if ('token' in auth) return { authorization: `Bearer ${auth.token}` };
    if ('username' in auth) {
      const user = Buffer.from(`${auth.username}:${auth.password}`, 'utf8').toString('base64');
      return { authorization: `Basic ${user}` };
    }
    const { logicalCluster, identityPoolId } = auth;
    return {
      authorization: `Bearer ${this.#tokenFor(auth, timeoutMs)}`,
      'target-sr-cluster': logicalCluster,
      ...(identityPoolId === undefined ? {} : { 'confluent-identity-pool-id': identityPoolId }),
    };
  }

  /** OAuth 2.0, client credentials (RFC 6749, section 4.4). */
  #tokenFor({ issuer, clientId, clientSecret, scope }: OAuthClient, timeoutMs: number): string {
    const known = this.#token;
    if (known !== undefined && known.endsAt - marginMs > performance.now()) return known.text;
    const form = {
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
      scope,
    };
    const { status, text } = this.#http.request(
      {
        url: issuer,
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
        body: new URLSearchParams(form).toString(),
      },
      timeoutMs,
    );
    const answer = parsed(status, text);
    if (answer?.access_token === undefined) {
      throw new SchemaRegistryError(`the issuer ${issuer} gave no token`, status);
    }
    const endsAt = performance.now() + (answer.expires_in ?? 300) * 1000;
    this.#token = { text: answer.access_token, endsAt };
    return answer.access_token;
  }
}

interface TokenAnswer {
  readonly access_token?: string;
  /** Seconds. */
  readonly expires_in?: number;
}

function parsed(status: number, text: string): TokenAnswer | undefined {
  if (status !== 200) return undefined;
  try {
    return JSON.parse(text) as TokenAnswer;
  } catch {
    return undefined;
  }
}
