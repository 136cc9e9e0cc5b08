import { asBuffer, type Bytes } from '@millrace/log-client';
import { showOnOneLine } from '@millrace/log-client/platform';
import type { Explanation } from './explanation.ts';
import {
  eventsOf,
  type Step,
  type StepCause,
  type StepDrop,
  type StepFailure,
  type StepNode,
  type StepResult,
  type StepRow,
} from './step.ts';

/** A value on one line, with control characters escaped. */
export function showValue(value: unknown): string {
  if (isChange(value)) {
    const { newValue, oldValue } = value;
    return `${showValue(newValue)}${oldValue === null ? '' : ` (was ${showValue(oldValue)})`}`;
  }
  return showOnOneLine(value);
}

/** What a table's nodes get. */
function isChange(value: unknown): value is { readonly oldValue: unknown; readonly newValue: unknown } {
  return typeof value === 'object' && value !== null && 'oldValue' in value && 'newValue' in value;
}

/** Bytes as text where they are text. */
export function showBytes(bytes: Bytes | null): string {
  if (bytes === null) return 'null';
  if (typeof bytes === 'string') return showValue(bytes);
  const text = asBuffer(bytes).toString('utf8');
  return Buffer.from(text, 'utf8').equals(asBuffer(bytes)) && !/\p{Cc}/u.test(text)
    ? showValue(text)
    : `0x${asBuffer(bytes).toString('hex')}`;
}

export function showCause(cause: StepCause): string {
  if (cause.type === 'restart') return 'restart';
  if (cause.type === 'time') return `time is moved on by ${cause.advancedMs} ms`;
  const { topic, record } = cause;
  const { key, value, timestamp, offset } = record;
  return `${topic} @ ${offset}, key ${showBytes(key)}, value ${showBytes(value)}, time ${timestamp}`;
}

const showNode = ({ node, operator, key, value, timestamp }: StepNode): string =>
  `${node} (${operator}): ${showValue(key)}, ${showValue(value)}, time ${timestamp}`;

const showResult = ({ topic, offset, record }: StepResult): string =>
  `-> ${topic} @ ${offset}: ${showBytes(record.key)}, ${showBytes(record.value)}, time ${record.timestamp}`;

const showLeftOut = (event: StepDrop | StepFailure): string =>
  event.type === 'drop' ? `left out by ${event.node}: ${event.reason}` : `failed: ${event.error.message}`;

function showRow({ store, key, window, before, after }: StepRow): string {
  const when = window === undefined ? '' : ` from ${window.start} to ${window.end}`;
  const shown = (value: unknown): string => (value === undefined ? 'nothing' : showValue(value));
  return `row ${store}[${showValue(key)}]${when}: ${shown(before)} -> ${shown(after)}`;
}

/** A step as text: nodes below those that sent them the record, what they did to rows, and results. */
export function showStep(step: Step): string {
  const nodes = eventsOf(step, 'node');
  const others = [...eventsOf(step, 'result'), ...eventsOf(step, 'drop'), ...eventsOf(step, 'failure')];
  const lines = [`step ${step.index}: ${showCause(step.cause)}`];
  const add = (depth: number, text: string): void => void lines.push(`${'  '.repeat(depth)}${text}`);
  const addBelow = (parent: number | undefined, depth: number): void => {
    for (const node of nodes) {
      if (node.parent !== parent) continue;
      add(depth, showNode(node));
      const made = others.filter((other) => other.parent === node.id);
      const isEnd = !nodes.some((other) => other.parent === node.id) && made.length === 0;
      if (isEnd && node.operator !== 'source') add(depth + 1, 'sends nothing on');
      for (const other of made)
        add(depth + 1, other.type === 'result' ? showResult(other) : showLeftOut(other));
      addBelow(node.id, depth + 1);
    }
  };
  addBelow(undefined, 1);
  for (const other of others)
    if (other.parent === undefined) add(1, other.type === 'result' ? showResult(other) : showLeftOut(other));
  for (const row of eventsOf(step, 'row')) add(1, showRow(row));
  return lines.join('\n');
}

export function showExplanation({ step, parts, leftOut }: Omit<Explanation, 'toString'>): string {
  const lines = [`step ${step.index}: ${showCause(step.cause)}`];
  for (const { nodes, rows, result } of parts) {
    for (const node of nodes) lines.push(`  ${showNode(node)}`);
    for (const row of rows) lines.push(`  ${showRow(row)}`);
    lines.push(`  ${showResult(result)}`);
  }
  for (const event of leftOut) lines.push(`  ${showLeftOut(event)}`);
  return lines.join('\n');
}
