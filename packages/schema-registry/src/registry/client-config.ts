import type { ResolvedRegistryOptions } from './options.ts';

/** Our options in the terms of Confluent's client. */
export function clientConfig({ url, auth, timeoutMs }: ResolvedRegistryOptions): Record<string, unknown> {
  return {
    baseURLs: url,
    createAxiosDefaults: { timeout: timeoutMs, ...staticToken(auth) },
    maxRetries: 5,
    retriesWaitMs: 100,
    retriesMaxWaitMs: 2000,
    ...credentials(auth),
  };
}

function credentials(auth: ResolvedRegistryOptions['auth']): Record<string, unknown> {
  if (auth === undefined || 'token' in auth) return {};
  if ('username' in auth) {
    const userInfo = `${auth.username}:${auth.password}`;
    return { basicAuthCredentials: { credentialsSource: 'USER_INFO', userInfo } };
  }
  const { issuer, ...rest } = auth;
  return {
    bearerAuthCredentials: { credentialsSource: 'OAUTHBEARER', issuerEndpointUrl: issuer, ...rest },
  };
}

/** The client's own way asks for a cluster of Confluent Cloud as well. */
function staticToken(auth: ResolvedRegistryOptions['auth']): Record<string, unknown> {
  if (auth === undefined || !('token' in auth)) return {};
  return { headers: { Authorization: `Bearer ${auth.token}` } };
}
