const quote = 0x22;

/** @throws RangeError for a delimiter that tells no fields apart */
export function csvDelimiter(delimiter = ','): string {
  if (delimiter !== '' && !/["\r\n]/.test(delimiter)) return delimiter;
  throw new RangeError(
    `"delimiter" is ${JSON.stringify(delimiter)}: use a text without quotes and ends of lines, such as ";"`,
  );
}

/**
 * Follows the quotes of a row of CSV from line to line. Only a quote that begins a field opens it: one
 * inside, as in `6" pipe`, is a part of the text.
 */
export class CsvQuotes {
  readonly #delimiter: Buffer;
  /** Whether a field goes on in the next line. */
  isOpen = false;

  constructor(delimiter: string) {
    this.#delimiter = Buffer.from(delimiter);
  }

  /** Takes in the next line of the row, without its end. */
  add(line: Buffer): void {
    for (let at = 0; ; ) {
      if (this.isOpen || line[at] === quote) {
        const end = closingQuote(line, this.isOpen ? at : at + 1);
        this.isOpen = end < 0;
        if (this.isOpen) return;
        at = end + 1;
      }
      const next = line.indexOf(this.#delimiter, at);
      if (next < 0) return;
      at = next + this.#delimiter.length;
    }
  }
}

/** Where a quote stands that is not doubled; -1 where there is none. */
function closingQuote(line: Buffer, from: number): number {
  for (let at = from; ; at += 2) {
    at = line.indexOf(quote, at);
    if (at < 0 || line[at + 1] !== quote) return at;
  }
}
