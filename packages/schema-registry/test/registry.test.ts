import { createServer } from 'node:net';
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { type SchemaRegistry, schemaRegistry, type SchemaRegistryOptions } from '../src/index.ts';
import { RegistryStub } from './registry-stub.ts';

const open: { stop?(): Promise<void>; close?(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await (one.stop?.() ?? one.close?.());
});

async function registryOf(
  options: Omit<SchemaRegistryOptions, 'url'>,
  authorization?: string,
): Promise<{ stub: RegistryStub; registry: SchemaRegistry }> {
  const stub = await RegistryStub.start(authorization === undefined ? {} : { authorization });
  const registry = schemaRegistry({ url: stub.url, ...options });
  open.push(registry, stub);
  return { stub, registry };
}

const basic = `Basic ${Buffer.from('alice:s3cret').toString('base64')}`;

test.each([
  ['a user and a password', basic, { auth: { username: 'alice', password: 's3cret' } }],
  ['a token', 'Bearer s3cret', { auth: { token: 's3cret' } }],
])('lets in %s', async (_, authorization, auth) => {
  const { registry } = await registryOf(auth, authorization);
  expect(registry.register('a', { schema: '"string"' })).toBe(1);
});

const oauth = { clientId: 'app', scope: 'registry', logicalCluster: 'lsrc-1' };

test('an OAuth client gets a token from its issuer, and uses it until it ends', async () => {
  const stub = await RegistryStub.start({ authorization: 'Bearer t0ken' });
  const auth = { ...oauth, issuer: `${stub.url}/_token`, clientSecret: 's3cret' };
  const registry = schemaRegistry({ url: stub.url, auth });
  open.push(registry, stub);
  for (const subject of ['a', 'b']) registry.register(subject, { schema: '"string"' });
  expect(await stub.asked()).toEqual([
    'POST /_token client_id=app&client_secret=s3cret&grant_type=client_credentials&scope=registry',
    'cluster lsrc-1',
    'POST /subjects/a/versions',
    'cluster lsrc-1',
    'POST /subjects/b/versions',
  ]);
});

test('an OAuth client that its issuer refuses gets an error without the secret', async () => {
  const stub = await RegistryStub.start();
  const auth = { ...oauth, issuer: `${stub.url}/_token`, clientSecret: 'wr0ng' };
  const registry = schemaRegistry({ url: stub.url, auth });
  open.push(registry, stub);
  const attempt = () => registry.register('a', { schema: '"string"' });
  expect(attempt).toThrow(`the issuer ${stub.url}/_token gave no token (HTTP 401)`);
  expect(attempt).not.toThrow(/wr0ng/);
});

test('who is not let in is told where and what, and no secret', async () => {
  const { registry, stub } = await registryOf({ auth: { username: 'alice', password: 'wr0ng' } }, basic);
  const attempt = () => registry.register('a', { schema: '"string"' });
  expect(attempt).toThrow(
    `Schema registry at ${stub.url}, registering a schema of a: Unauthorized (HTTP 401)`,
  );
  expect(attempt).not.toThrow(/wr0ng|alice/);
});

test('a registry that is not ready is asked again', async () => {
  const { registry, stub } = await registryOf({});
  await stub.fail(2);
  expect(registry.register('a', { schema: '"string"' })).toBe(1);
});

test('with several addresses, the next is asked when one does not answer', async () => {
  const { stub } = await registryOf({});
  const registry = schemaRegistry({ url: ['http://127.0.0.1:1', stub.url], timeoutMs: 30_000 });
  open.push(registry);
  expect(registry.register('a', { schema: '"string"' })).toBe(1);
}, 40_000);

test('a registry that never answers is given up, and the next call is not mistaken for this one', async () => {
  const silent = createServer(() => {}).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as { readonly port: number };
  const registry = schemaRegistry({ url: `http://127.0.0.1:${port}`, timeoutMs: 600 });
  open.push(registry);
  for (const subject of ['a', 'b']) {
    expect(() => registry.register(subject, { schema: '"string"' })).toThrow(
      new RegExp(`registering a schema of ${subject}: (no answer within 600 ms|timeout of 600ms exceeded)`),
    );
  }
  silent.close();
});

test('a subject with any characters is asked for as it is', async () => {
  const { registry, stub } = await registryOf({});
  expect(registry.register('a/b c?#', { schema: '"string"' })).toBe(1);
  expect(await stub.asked()).toEqual(['POST /subjects/a%2Fb%20c%3F%23/versions']);
});

test.each<[string, unknown, RegExp]>([
  ['no address', { url: 'registry:8081' }, /url/],
  ['an address with a password', { url: 'http://alice:s3cret@registry:8081' }, /put them into `auth`/],
  ['half a user', { url: 'http://registry:8081', auth: { username: 'alice' } }, /auth/],
  ['a misspelt option', { url: 'http://registry:8081', timeout: 1 }, /timeout/],
  ['no time', { url: 'http://registry:8081', timeoutMs: 0 }, /timeoutMs/],
])('refuses %s, without repeating it', (_, options, message) => {
  const attempt = () => schemaRegistry(options as SchemaRegistryOptions);
  expect(attempt).toThrow(message);
  expect(attempt).not.toThrow(/s3cret/);
});
