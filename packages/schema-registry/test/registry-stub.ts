import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import { type SchemaRegistry, schemaRegistry } from '../src/index.ts';

/** A registry in a process of its own. */
export class RegistryStub {
  readonly #child: ChildProcess;
  readonly url: string;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.url = `http://127.0.0.1:${port}`;
  }

  static async start({ authorization }: { readonly authorization?: string } = {}): Promise<RegistryStub> {
    const child = fork(fileURLToPath(new URL('registry-stub.mjs', import.meta.url)), {
      execArgv: [],
      env: { ...process.env, ...(authorization === undefined ? {} : { STUB_AUTHORIZATION: authorization }) },
    });
    const [{ port }] = (await once(child, 'message')) as [{ readonly port: number }];
    return new RegistryStub(child, port);
  }

  /** What it has been asked since the last time, as `GET /schemas/ids/1`. */
  async asked(): Promise<string[]> {
    return (await (await fetch(`${this.url}/_asked`)).json()) as string[];
  }

  /** Answers the next requests with 503. */
  async fail(requests: number): Promise<void> {
    await fetch(`${this.url}/_fail/${requests}`, { method: 'PUT' });
  }

  async stop(): Promise<void> {
    this.#child.kill();
    await once(this.#child, 'exit');
  }
}

/** A registry and a client of it, until the tests of the file are over. */
export async function startRegistry(): Promise<{ stub: RegistryStub; registry: SchemaRegistry }> {
  const stub = await RegistryStub.start();
  const registry = schemaRegistry({ url: stub.url });
  afterAll(async () => {
    await registry.close();
    await stub.stop();
  });
  return { stub, registry };
}
