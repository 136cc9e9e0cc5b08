import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { printRows } from '../print-table.ts';
import { UsageError } from '../usage-error.ts';

interface QueryOptions {
  readonly from?: string;
  readonly to?: string;
  readonly prefix?: string;
  readonly asOf?: string;
  readonly reverse?: boolean;
  readonly limit?: string;
  readonly allInstances?: boolean;
  readonly latest?: boolean;
  readonly maxLag?: string;
  readonly follow?: boolean;
  readonly tokenFile?: string;
  readonly json?: boolean;
}

interface WireRow {
  readonly key: unknown;
  readonly value?: unknown;
  readonly timestamp: number;
  readonly window?: { readonly start: number; readonly end: number | null };
}

interface Page {
  readonly rows: readonly WireRow[];
  readonly more?: boolean;
  readonly next?: string;
}

/** `millrace query`: asks an app that serves its stores (`serveApp`). */
export function queryCommand(program: Command): void {
  program
    .command('query')
    .description('ask the stores of a running app, where it serves them: serveApp(app, { port })')
    .argument('<url>', 'where it listens, e.g. http://127.0.0.1:8080')
    .argument('[store]', 'a store; without one, all are listed')
    .argument('[key]', 'a key: its row, or its windows; a text as it is, anything else as JSON')
    .option('--from <key|time>', 'the first key, or of windows the first time in milliseconds')
    .option('--to <key|time>', 'the last key or time')
    .option('--prefix <text>', 'keys that start so')
    .option('--as-of <time>', 'of a versioned store: what was valid at this time, in milliseconds')
    .option('--reverse', 'the last first')
    .option('--limit <n>', 'so many rows at most', '1000')
    .option('--all-instances', 'the rows of all instances, not only of the one that is asked')
    .option('--latest', 'what is not committed yet too')
    .option('--max-lag <n>', 'read a copy that is at most so many records behind')
    .option('--follow', 'what is there, and then every change, until it is stopped')
    .option('--token-file <file>', 'a file with the token that the app asks for')
    .option('--json', 'a line of JSON for each row')
    .action(
      async (url: string, store: string | undefined, key: string | undefined, options: QueryOptions) => {
        const target = targetOf(url, store, key, options);
        const token =
          options.tokenFile === undefined ? undefined : (await readFile(options.tokenFile, 'utf8')).trim();
        const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
        if (options.follow === true) return follow(target, headers);
        const answer = await ask(target, headers);
        const body = (await answer.json()) as Page | WireRow | object[];
        if (Array.isArray(body)) return printRows(body as Record<string, string | number>[], options);
        if (!('rows' in body)) return printRows([shown(body as WireRow)], options);
        const { rows, more } = await pagesAfter(body, target, headers);
        printRows(rows.map(shown), options);
        if (more) console.error('there are more: raise --limit, or go on with --from');
      },
    );
}

function targetOf(
  url: string,
  store: string | undefined,
  key: string | undefined,
  options: QueryOptions,
): URL {
  const what = options.follow === true ? 'changes' : 'rows';
  const path = ['stores', ...(store === undefined ? [] : [store, what]), ...(key === undefined ? [] : [key])];
  let target: URL;
  try {
    target = new URL(path.map(encodeURIComponent).join('/'), url.endsWith('/') ? url : `${url}/`);
  } catch {
    throw new UsageError(`"${url}" is no address: http://host:port expected`);
  }
  const { from, to, prefix, asOf, limit, maxLag, reverse, latest, allInstances } = options;
  const given = {
    from,
    to,
    prefix,
    asOf,
    limit,
    maxLag,
    ...(reverse && { reverse: 'true' }),
    ...(latest && { isolation: 'latest' }),
    ...(allInstances && { scope: 'application' }),
  };
  for (const [name, value] of Object.entries(given))
    if (value !== undefined) target.searchParams.set(name, value);
  return target;
}

/** A page and those after it, up to the limit that the target names. */
async function pagesAfter(
  first: Page,
  target: URL,
  headers: Record<string, string>,
): Promise<{ readonly rows: readonly WireRow[]; readonly more: boolean }> {
  const limit = Number(target.searchParams.get('limit'));
  const rows = [...first.rows];
  let page = first;
  while (page.next !== undefined && rows.length < limit) {
    target.searchParams.set('after', page.next);
    target.searchParams.set('limit', String(limit - rows.length));
    page = (await (await ask(target, headers)).json()) as Page;
    rows.push(...page.rows);
  }
  return { rows, more: page.more === true };
}

async function ask(target: URL, headers: Record<string, string>): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(target, { headers });
  } catch (error) {
    const cause = (error as Error).cause;
    throw new UsageError(
      `${target.origin} does not answer: ${cause instanceof Error ? cause.message : String(error)}`,
    );
  }
  if (answer.ok) return answer;
  const text = await answer.text();
  throw new UsageError(messageIn(text) ?? `${target.origin} answered with status ${answer.status}`);
}

function messageIn(text: string): string | undefined {
  try {
    return (JSON.parse(text) as { readonly message?: string }).message;
  } catch {
    return undefined;
  }
}

const text = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));

function shown({ key, value, timestamp, window }: WireRow): Record<string, string | number> {
  return {
    key: text(key),
    ...(window === undefined ? {} : { start: window.start, end: window.end ?? 'never' }),
    value: text(value),
    timestamp,
  };
}

/** Server-sent events, a line of JSON for each row. */
async function follow(target: URL, headers: Record<string, string>): Promise<void> {
  const answer = await ask(target, { ...headers, accept: 'text/event-stream' });
  let rest = '';
  const decoder = new TextDecoder();
  for await (const part of answer.body!) {
    rest += decoder.decode(part as Uint8Array, { stream: true });
    const blocks = rest.split('\n\n');
    rest = blocks.pop()!;
    for (const block of blocks) printEvent(block);
  }
}

function printEvent(block: string): void {
  const field = (name: string): string =>
    block
      .split('\n')
      .find((line) => line.startsWith(`${name}:`))
      ?.slice(name.length + 1)
      .trim() ?? '';
  const event = field('event');
  if (event === 'heartbeat') return;
  const data = JSON.parse(field('data')) as {
    readonly rows?: readonly WireRow[];
    readonly message?: string;
  } | null;
  if (event === 'failure') throw new UsageError(data?.message ?? 'the stream has failed');
  if (event === 'gone') console.error(`a partition has left this instance: ${field('data')}`);
  else if (event === 'row') console.log(JSON.stringify(data));
  else for (const row of data?.rows ?? []) console.log(JSON.stringify(row));
}
