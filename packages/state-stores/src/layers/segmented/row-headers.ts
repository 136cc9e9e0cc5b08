import { type Headers, noHeaders } from '@millrace/log-client';
import { ownHeaders } from '../header-block.ts';
import type { Entry } from './bucket.ts';

/** The headers of rows that have some, beside the rows: those without cost nothing. */
export class RowHeaders {
  readonly #headers = new WeakMap<Entry, Headers>();
  /** Whether any row has had some. */
  #any = false;

  /** Whether setting these may change anything: without headers there is no need to find the row. */
  concerns(headers: Headers): boolean {
    return this.#any || headers.length > 0;
  }

  of(entry: Entry): Headers {
    return this.#any ? (this.#headers.get(entry) ?? noHeaders) : noHeaders;
  }

  set(entry: Entry, headers: Headers): void {
    if (headers.length > 0) {
      this.#any = true;
      this.#headers.set(entry, ownHeaders(headers));
    } else if (this.#any) this.#headers.delete(entry);
  }
}
