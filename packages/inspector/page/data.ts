import type { GroupDescription } from '@millrace/log-client';
import type { LaidOut } from '../src/draw/layout.ts';
import type { OriginsView, OriginView } from '../src/server/origins.ts';
import type { NodeRecordView } from '../src/server/page-routes.ts';
import type { Snapshot } from '../src/server/snapshot.ts';
import type { TopicTail, TopicView } from '../src/server/topics.ts';

export type {
  GroupDescription,
  LaidOut,
  NodeRecordView,
  OriginsView,
  OriginView,
  Snapshot,
  TopicTail,
  TopicView,
};

export type Topology = LaidOut & { readonly applicationId: string };

/** What the page is of: an app, or a log of which no topology is known. */
export type About = Topology | { readonly isLog: true };

/** What is known of a log at one moment. */
export interface LogSnapshot {
  readonly at: number;
  readonly groups: readonly GroupDescription[];
}

export interface StoreInfo {
  readonly name: string;
  readonly kind: string;
  readonly global: boolean;
}

export interface StoreRow {
  readonly key: unknown;
  readonly value: unknown;
  readonly timestamp: number;
  readonly window?: { readonly start: number; readonly end: number | null };
}

export interface StorePage {
  readonly rows: readonly StoreRow[];
  readonly more: boolean;
  readonly next?: string;
}

/** The server refuses without the token. */
export class TokenNeededError extends Error {}

let token = new URLSearchParams(location.hash.slice(1)).get('token') ?? sessionStorage.getItem('token') ?? '';

export function setToken(given: string): void {
  token = given;
  sessionStorage.setItem('token', given);
}

async function request(path: string, options: RequestInit = {}): Promise<Response> {
  const headers = new Headers(options.headers);
  if (token !== '') headers.set('authorization', `Bearer ${token}`);
  const answer = await fetch(path, { ...options, headers });
  if (answer.status === 401) throw new TokenNeededError('The app asks for its token.');
  if (answer.ok) return answer;
  const text = await answer.text();
  throw new Error(messageIn(text) ?? `The app answers with status ${answer.status}.`);
}

function messageIn(text: string): string | undefined {
  try {
    return (JSON.parse(text) as { readonly message?: string }).message;
  } catch {
    return undefined;
  }
}

export async function load<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await (await request(path, signal === undefined ? {} : { signal })).json()) as T;
}

/** Where a record is. */
export interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** Writes a dead letter to where it came from; resolves to its new place. */
export async function sendAgain(place: Place): Promise<Place> {
  const headers = { 'content-type': 'application/json' };
  const options = { method: 'POST', headers, body: JSON.stringify(place) };
  return (await (await request('/inspector/send-again', options)).json()) as Place;
}

/** Follows server-sent events until the signal ends it. */
export async function follow(
  path: string,
  signal: AbortSignal,
  take: (event: string, data: unknown) => void,
): Promise<void> {
  const answer = await request(path, { signal });
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    rest += value;
    const blocks = rest.split('\n\n');
    rest = blocks.pop()!;
    for (const block of blocks) {
      const event = /^event: ?(.*)$/m.exec(block)?.[1] ?? 'message';
      const data = [...block.matchAll(/^data: ?(.*)$/gm)].map(([, line]) => line).join('\n');
      if (data !== '') take(event, JSON.parse(data));
    }
  }
}
