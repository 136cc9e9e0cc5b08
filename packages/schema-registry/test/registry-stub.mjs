// The part of a schema registry's HTTP API that serdes use, on a free port of loopback. In a process of its
// own, since
// its client blocks the thread while it waits. What it has been asked is at GET /_asked; PUT /_fail/N fails N
// requests.
import { createServer } from 'node:http';
import avro from 'avsc';

const authorization = process.env.STUB_AUTHORIZATION;
const schemas = [];
/** By subject, the ids of its versions. */
const subjects = new Map();
const asked = [];
let failures = 0;

const fail = (status, code, message) => ({ status, body: { error_code: code, message } });
const ok = (body) => ({ status: 200, body });

function same(one, other) {
  const plain = ({ schema, schemaType = 'AVRO', references = [] }) =>
    JSON.stringify([schema, schemaType, references]);
  return plain(one) === plain(other);
}

/** As the registry's BACKWARD: the new schema reads what the last one wrote. */
function readsLast(schema, ids) {
  const last = schemas[ids.at(-1) - 1];
  if (last === undefined || (schema.schemaType ?? 'AVRO') !== 'AVRO') return true;
  try {
    avro.Type.forSchema(JSON.parse(schema.schema)).createResolver(
      avro.Type.forSchema(JSON.parse(last.schema)),
    );
    return true;
  } catch {
    return false;
  }
}

function register(subject, schema) {
  const ids = subjects.get(subject) ?? [];
  let id = schemas.findIndex((one) => same(one, schema)) + 1;
  if (ids.includes(id)) return ok({ id });
  if (schema.schema.includes('not a schema')) return fail(422, 42201, 'Invalid schema');
  if (!readsLast(schema, ids)) {
    return fail(409, 409, 'Schema being registered is incompatible with an earlier schema');
  }
  if (id === 0) id = schemas.push(schema);
  subjects.set(subject, [...ids, id]);
  return ok({ id });
}

function find(subject, schema) {
  const ids = subjects.get(subject);
  if (ids === undefined) return fail(404, 40401, `Subject '${subject}' not found.`);
  const version = ids.findIndex((id) => same(schemas[id - 1], schema)) + 1;
  if (version === 0) return fail(404, 40403, 'Schema not found');
  return ok({ ...schema, subject, version, id: ids[version - 1] });
}

function answer(method, { pathname }, body) {
  const [, ...parts] = pathname.split('/').map(decodeURIComponent);
  if (parts[0] === '_asked') return ok(asked.splice(0));
  if (parts[0] === '_fail') {
    failures = Number(parts[1]);
    return ok({});
  }
  asked.push(`${method} ${pathname}`);
  if (failures > 0) {
    failures--;
    return fail(503, 50301, 'Not ready');
  }
  if (parts[0] === 'subjects' && method === 'POST') {
    return parts[2] === 'versions' ? register(parts[1], body) : find(parts[1], body);
  }
  if (parts[0] === 'subjects' && parts[2] === 'versions') {
    const id = subjects.get(parts[1])?.[Number(parts[3]) - 1];
    if (id === undefined) return fail(404, 40402, `Version ${parts[3]} not found.`);
    return ok({ ...schemas[id - 1], subject: parts[1], version: Number(parts[3]), id });
  }
  if (parts[0] === 'schemas' && parts[1] === 'ids') {
    const schema = schemas[Number(parts[2]) - 1];
    return schema === undefined ? fail(404, 40403, `Schema ${parts[2]} not found`) : ok(schema);
  }
  return fail(404, 404, `HTTP 404 Not Found: ${pathname}`);
}

/** An issuer of tokens, as OAuth 2.0 has it for programs. */
function issue(form) {
  form.sort();
  asked.push(`POST /_token ${form.toString()}`);
  if (form.get('client_secret') !== 's3cret') return fail(401, 401, 'invalid_client');
  return ok({ access_token: 't0ken', token_type: 'Bearer', expires_in: 3600 });
}

const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  const url = new URL(request.url, 'http://stub');
  if (url.pathname === '/_token') {
    const { status, body } = issue(new URLSearchParams(text));
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
    return;
  }
  const cluster = request.headers['target-sr-cluster'];
  if (cluster !== undefined) asked.push(`cluster ${String(cluster)}`);
  const known =
    authorization === undefined ||
    request.headers.authorization === authorization ||
    url.pathname === '/_asked';
  const { status, body } = known
    ? answer(request.method, url, text === '' ? undefined : JSON.parse(text))
    : fail(401, 401, 'Unauthorized');
  response.writeHead(status, { 'content-type': 'application/vnd.schemaregistry.v1+json' });
  response.end(JSON.stringify(body));
});
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
process.on('disconnect', () => process.exit());
