import { BlockingFetch, type HttpRequest, type HttpResponse, UnreachableError } from './blocking-fetch.ts';
import { RegistryCredentials } from './registry-credentials.ts';
import { SchemaRegistryError } from './errors.ts';
import type { ResolvedRegistryOptions } from './options.ts';

const mediaType = 'application/vnd.schemaregistry.v1+json';
const firstPauseMs = 100;
const longestPauseMs = 2000;

/** Requests to a registry's HTTP API. Addresses take turns where one does not answer or is not ready. */
export class RegistryApi {
  readonly #urls: readonly string[];
  readonly #timeoutMs: number;
  readonly #http = new BlockingFetch();
  readonly #credentials: RegistryCredentials;
  /** The address that answered last. */
  #at = 0;

  constructor({ url, auth, timeoutMs }: ResolvedRegistryOptions) {
    this.#urls = url.map((one) => one.replace(/\/+$/, ''));
    this.#timeoutMs = timeoutMs;
    this.#credentials = new RegistryCredentials(auth, this.#http);
  }

  get(path: string): unknown {
    return this.#ask({ path });
  }

  post(path: string, body: unknown): unknown {
    return this.#ask({ path, body });
  }

  /** @throws SchemaRegistryError where it refuses, or there is no answer within the time, retries included */
  #ask({ path, body }: { readonly path: string; readonly body?: unknown }): unknown {
    const deadline = performance.now() + this.#timeoutMs;
    for (let pauseMs = firstPauseMs, attempt = 1; ; attempt++) {
      const left = deadline - performance.now();
      // One that hangs leaves time for the others.
      const share = Math.max(
        1,
        this.#urls.length > attempt ? left / (this.#urls.length - attempt + 1) : left,
      );
      const outcome = this.#once(path, body, share);
      if (outcome instanceof Error || isPassing(outcome.status)) {
        this.#at = (this.#at + 1) % this.#urls.length;
        const pause = attempt < this.#urls.length ? 0 : pauseMs * (0.5 + Math.random() / 2);
        if (performance.now() + pause < deadline) {
          this.#http.pause(pause);
          if (attempt >= this.#urls.length) pauseMs = Math.min(2 * pauseMs, longestPauseMs);
          continue;
        }
        if (outcome instanceof Error) {
          throw new SchemaRegistryError(`no answer within ${this.#timeoutMs} ms: ${outcome.message}`);
        }
      }
      return answerOf(outcome);
    }
  }

  #once(path: string, body: unknown, timeoutMs: number): HttpResponse | UnreachableError {
    try {
      const headers = { accept: mediaType, ...this.#credentials.headers(timeoutMs) };
      const url = this.#urls[this.#at]! + path;
      const request: HttpRequest =
        body === undefined
          ? { url, headers }
          : {
              url,
              method: 'POST',
              headers: { ...headers, 'content-type': mediaType },
              body: JSON.stringify(body),
            };
      return this.#http.request(request, timeoutMs);
    } catch (error) {
      if (error instanceof UnreachableError) return error;
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#http.close();
  }
}

/** Not ready, or asked too often: another address, or a later attempt, may do. */
function isPassing(status: number): boolean {
  return status === 429 || status >= 500;
}

function answerOf({ status, text }: HttpResponse): unknown {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    throw new SchemaRegistryError(`the answer is no JSON: ${text.slice(0, 100)}`, status);
  }
  if (status >= 200 && status < 300) return answer;
  const { message } = (answer ?? {}) as { readonly message?: string };
  throw new SchemaRegistryError(message ?? 'refused', status);
}
