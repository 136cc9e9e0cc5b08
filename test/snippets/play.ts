import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as core from '@millrace/streams-core';
import { EmbeddedLog } from '@millrace/embedded-log';
import { kafkaLog } from '@millrace/kafka';
import { serveApp } from '@millrace/app-server';
import { listen, sharedLog } from '@millrace/log-server';
import { avroSerde, schemaRegistry } from '@millrace/schema-registry';
import { TopologyTestDriver } from '@millrace/testing';
import { parseAst } from 'rolldown/parseAst';
import { expect, onTestFinished } from 'vitest';
import { z } from 'zod';
import { type Block, root } from './blocks.ts';
import { newFolder } from './scenario.ts';

/** What blocks speak of without having made it, and which is the same for all of them. */
const given: Readonly<Record<string, unknown>> = {
  ...core,
  EmbeddedLog,
  kafkaLog,
  serveApp,
  listen,
  sharedLog,
  avroSerde,
  schemaRegistry,
  TopologyTestDriver,
  expect,
  z,
  Sale: z.object({ quantity: z.number(), price: z.number().optional() }),
  Product: z.object({ name: z.string() }),
  Order: z.object({ customer: z.string(), units: z.number(), currency: z.string().optional() }),
  Customer: z.object({ id: z.number(), email: z.string() }),
};

/** A block that is running, or has run. */
export interface Played {
  /** What its last line gave, or the constant of this name, once the block has made it. */
  readonly made: <T>(name?: string) => Promise<T>;
  /** All constants that it has made so far. */
  readonly all: Readonly<Record<string, unknown>>;
  /** When its last line has ended. */
  readonly done: Promise<void>;
}

export interface PlayOptions {
  /** What it speaks of without having made it. */
  readonly globals?: Readonly<Record<string, unknown>>;
  /** What a test cannot take as it stands, such as a port: text of the block, and what stands there instead. */
  readonly instead?: Readonly<Record<string, string>>;
  /** What is in its folder. */
  readonly files?: Readonly<Record<string, string>> | undefined;
}

const result = 'result';

/** Runs a block as a module of its own, in an empty folder, until the test is over. */
export function play(block: Block, { globals = {}, instead = {}, files = {} }: PlayOptions = {}): Played {
  const all: Record<string, unknown> = {};
  const waiting = new Map<string, (value: unknown) => void>();
  setGlobals({
    ...given,
    ...globals,
    madeByBlock: (values: Readonly<Record<string, unknown>>) => {
      Object.assign(all, values);
      for (const [name, value] of Object.entries(values)) waiting.get(name)?.(value);
    },
  });
  moveToFolderWith(files);
  const done = load(block, toModule(replaced(block, instead))).then(() => {});
  done.catch(() => {});
  const made = <T>(name = result): Promise<T> => {
    if (Object.hasOwn(all, name)) return Promise.resolve(all[name] as T);
    const value = new Promise<T>((resolve) => waiting.set(name, resolve as (value: unknown) => void));
    const never = done.then(() => {
      throw new Error(`${block.page}:${block.line} has made no ${name}`);
    });
    return Promise.race([value, never]);
  };
  return { made, all, done };
}

function replaced({ page, line, code }: Block, instead: Readonly<Record<string, string>>): string {
  return Object.entries(instead).reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`${page}:${line} has no ${from}`);
    return text.replaceAll(from, () => to);
  }, code);
}

/** The block with a call after each of its constants, and around what its last line gives. */
export function toModule(code: string): string {
  const statements = parseAst(code, { lang: 'ts' }).body;
  const parts = statements.map((statement, index) => {
    const text = code.slice(statement.start, statement.end);
    if (statement.type === 'VariableDeclaration') {
      const names = statement.declarations.map(({ id }) => code.slice(id.start, id.end).replace(/:.*/s, ''));
      return `${text}\nmadeByBlock({ ${names.join(', ')} });`;
    }
    if (index < statements.length - 1 || statement.type !== 'ExpressionStatement') return text;
    const { expression } = statement;
    if (expression.type === 'AwaitExpression') return text;
    return `madeByBlock({ ${result}: ${code.slice(expression.start, expression.end)} });`;
  });
  return `declare const madeByBlock: (values: object) => void;\n${parts.join('\n')}\nexport {};\n`;
}

/** An empty folder to run in but for these files. */
function moveToFolderWith(files: Readonly<Record<string, string>>): void {
  const before = process.cwd();
  process.chdir(newFolder());
  onTestFinished(() => process.chdir(before));
  for (const [name, text] of Object.entries(files)) writeFileSync(name, text);
}

async function load({ line }: Block, code: string): Promise<unknown> {
  // Where modules are found as a package of the workspace finds them.
  const dir = mkdtempSync(path.join(root, 'packages/connect/snippets-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const file = path.join(dir, `line-${line}.ts`);
  writeFileSync(file, code);
  return import(/* @vite-ignore */ file);
}

/** Until the test is over. */
function setGlobals(values: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(values)) {
    const before = Object.getOwnPropertyDescriptor(globalThis, name);
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
    onTestFinished(() => {
      if (before === undefined) delete (globalThis as Record<string, unknown>)[name];
      else Object.defineProperty(globalThis, name, before);
    });
  }
}
