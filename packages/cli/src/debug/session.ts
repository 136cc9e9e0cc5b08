import { didYouMean } from '@millrace/log-client';
import { eventsOf, showStep, showValue, type Step, type TopologyTestDriver } from '@millrace/testing';
import { UsageError } from '../usage-error.ts';
import { breakpoint, type Breakpoint, breakpointKinds } from './breakpoint.ts';

export interface SessionOptions {
  readonly driver: TopologyTestDriver;
  readonly breakpoints: readonly Breakpoint[];
  /** Writes the steps up to one as a test; resolves to where. */
  readonly writeTest: (steps: readonly Step[], file: string) => Promise<string>;
}

interface DebugCommand {
  readonly usage: string;
  readonly what: string;
  run(session: DebugSession, words: readonly string[]): string | Promise<string>;
}

const commands: Readonly<Record<string, DebugCommand>> = {
  next: { usage: 'next [N]', what: 'a step forward, or N', run: (one, [n]) => one.move(count(n)) },
  back: { usage: 'back [N]', what: 'a step back, or N', run: (one, [n]) => one.move(-count(n)) },
  go: { usage: 'go N', what: 'to step N', run: (one, [n]) => one.go(count(n)) },
  continue: { usage: 'continue', what: 'forward to where to stop', run: (one) => one.seek(1) },
  reverse: { usage: 'reverse', what: 'back to where to stop', run: (one) => one.seek(-1) },
  break: {
    usage: 'break WHERE',
    what: `stop there: ${breakpointKinds}`,
    run: (one, words) => one.stopAt(words.join(' ')),
  },
  clear: { usage: 'clear', what: 'stop nowhere', run: (one) => one.clear() },
  why: {
    usage: 'why TOPIC OFFSET',
    what: 'to the step that wrote a result, and its way there',
    run: (one, [topic, offset]) => one.why(topic, count(offset)),
  },
  store: {
    usage: 'store NAME',
    what: 'the rows of a store, as this step leaves them',
    run: (one, [name]) => one.store(name),
  },
  list: {
    usage: 'list [N]',
    what: 'what the next N steps are set off by',
    run: (one, [n]) => one.list(count(n ?? '10')),
  },
  where: { usage: 'where', what: 'this step again', run: (one) => one.show() },
  test: {
    usage: 'test FILE',
    what: 'write the steps up to this one as a test for vitest',
    run: (one, [file]) => one.test(file),
  },
  help: { usage: 'help', what: 'this', run: () => helpText() },
  quit: { usage: 'quit', what: 'end', run: (one) => one.quit() },
};

function helpText(): string {
  const width = Math.max(...Object.values(commands).map(({ usage }) => usage.length));
  const lines = Object.values(commands).map(({ usage, what }) => `${usage.padEnd(width)}  ${what}`);
  return [...lines, 'The first letters are enough.'].join('\n');
}

function count(text = '1'): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new UsageError(`"${text}" is no number`);
}

/** Steps that have been recorded, and where among them one is: forwards and back are the same to it. */
export class DebugSession {
  readonly #options: SessionOptions;
  readonly #steps: readonly Step[];
  #breakpoints: readonly Breakpoint[];
  #at = 0;
  isOver = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#steps = options.driver.steps;
    this.#breakpoints = options.breakpoints;
  }

  /** What to print for a line that was typed; an empty one is a step forward. @throws UsageError */
  run(line: string): string | Promise<string> {
    const [word = 'next', ...words] = line.trim() === '' ? [] : line.trim().split(/\s+/);
    const names = Object.keys(commands);
    const name = names.find((one) => one === word) ?? names.find((one) => one.startsWith(word));
    if (name === undefined)
      throw new UsageError(`there is no command "${word}"${didYouMean(word, names)}: try help`);
    return commands[name]!.run(this, words);
  }

  show(): string {
    return showStep(this.#steps[this.#at]!);
  }

  move(by: number): string {
    const to = this.#at + by;
    if (to < 0) return this.#stay('This is the first step');
    if (to >= this.#steps.length) return this.#stay('This is the last step');
    return this.go(to);
  }

  go(to: number): string {
    if (to >= this.#steps.length)
      throw new UsageError(`there is no step ${to}: the last one is ${this.#steps.length - 1}`);
    this.#at = to;
    return this.show();
  }

  #stay(why: string): string {
    return `${why} (step ${this.#at} of 0 to ${this.#steps.length - 1})`;
  }

  seek(direction: 1 | -1): string {
    if (this.#breakpoints.length === 0)
      throw new UsageError(`say where to stop first: break ${breakpointKinds}`);
    for (let at = this.#at + direction; at >= 0 && at < this.#steps.length; at += direction) {
      const found = this.#breakpoints.find((one) => one.matches(this.#steps[at]!));
      if (found === undefined) continue;
      return `${found.text}\n${this.go(at)}`;
    }
    const where = this.#breakpoints.map(({ text }) => text).join(', ');
    return this.#stay(`No step ${direction === 1 ? 'after' : 'before'} this one is ${where}`);
  }

  stopAt(text: string): string {
    this.#breakpoints = [...this.#breakpoints, breakpoint(text)];
    return `stops at ${this.#breakpoints.map((one) => one.text).join(', ')}`;
  }

  clear(): string {
    this.#breakpoints = [];
    return 'stops nowhere';
  }

  why(topic: string | undefined, offset: number): string {
    if (topic === undefined) throw new UsageError('why which result? why TOPIC OFFSET');
    const made = this.#steps.find((step) =>
      eventsOf(step, 'result').some((one) => one.topic === topic && one.offset === offset),
    );
    if (made === undefined) {
      const topics = new Set(this.#steps.flatMap((step) => eventsOf(step, 'result').map((one) => one.topic)));
      throw new UsageError(
        `no step has written ${topic} @ ${offset}; there are results in ${[...topics].join(', ') || 'no topic'}${topics.has(topic) ? '' : didYouMean(topic, topics)}`,
      );
    }
    this.#at = made.index;
    return String(this.#options.driver.explain({ topic, offset }));
  }

  store(name: string | undefined): string {
    const changes = this.#steps.slice(0, this.#at + 1).flatMap((step) => eventsOf(step, 'row'));
    const known = new Set(this.#steps.flatMap((step) => eventsOf(step, 'row').map(({ store }) => store)));
    if (name === undefined || !known.has(name)) {
      throw new UsageError(
        `which store? ${[...known].join(', ') || 'no step has changed any'}${didYouMean(name ?? '', known)}`,
      );
    }
    const rows = new Map<string, string>();
    for (const { store, key, window, after } of changes) {
      if (store !== name) continue;
      const when = window === undefined ? '' : ` from ${window.start} to ${window.end}`;
      const place = `${showValue(key)}${when}`;
      if (after === undefined) rows.delete(place);
      else rows.set(place, showValue(after));
    }
    return [...rows].map(([place, value]) => `${place}: ${value}`).join('\n') || 'no rows';
  }

  list(length: number): string {
    return this.#steps
      .slice(this.#at, this.#at + length)
      .map((step) => showStep(step).split('\n')[0])
      .join('\n');
  }

  async test(file: string | undefined): Promise<string> {
    if (file === undefined) throw new UsageError('write the test where? test FILE');
    return `written to ${await this.#options.writeTest(this.#steps.slice(0, this.#at + 1), file)}`;
  }

  quit(): string {
    this.isOver = true;
    return '';
  }
}
