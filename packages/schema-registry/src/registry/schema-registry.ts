import { BlockingClient } from './blocking-client.ts';
import { clientConfig } from './client-config.ts';
import { SchemaRegistryError } from './errors.ts';
import { resolveRegistryOptions, type SchemaRegistryOptions } from './options.ts';
import type { RegisteredSchema, SchemaReference } from './schema.ts';

/**
 * A schema registry with Confluent's HTTP API. Its calls wait for the answer: make serdes when the program
 * starts; while records run, only an id that was never met asks again.
 */
export class SchemaRegistry {
  readonly #where: string;
  readonly #client: BlockingClient;

  /** @throws TypeError that names each option that is wrong */
  constructor(options: SchemaRegistryOptions) {
    const resolved = resolveRegistryOptions(options);
    this.#where = resolved.url.join(', ');
    this.#client = new BlockingClient(clientConfig(resolved), resolved.timeoutMs);
  }

  /** Registers a schema under a subject, unless it is there already, and gives its id. */
  register(subject: string, schema: RegisteredSchema): number {
    return this.#ask(`registering a schema of ${subject}`, 'register', subject, schema) as number;
  }

  /** The id of a schema that is registered under a subject. */
  idOf(subject: string, schema: RegisteredSchema): number {
    return this.#ask(`looking for a schema of ${subject}`, 'getId', subject, schema) as number;
  }

  /** The version of a schema that is registered under a subject. */
  versionOf(subject: string, schema: RegisteredSchema): number {
    return this.#ask(`looking for a schema of ${subject}`, 'getVersion', subject, schema) as number;
  }

  /** The schema with an id; `format` is `serialized` for a Protobuf descriptor in place of its source. */
  schema(subject: string, id: number, format?: string): RegisteredSchema {
    const what = `getting schema ${id} (${subject})`;
    return this.#ask(what, 'getBySubjectAndId', subject, id, format) as RegisteredSchema;
  }

  /**
   * The schemas that a schema refers to, and those that they refer to, each before whatever needs it;
   * `format` as for one.
   */
  referenced({ references = [] }: RegisteredSchema, format?: string): (SchemaReference & RegisteredSchema)[] {
    const found = new Map<string, SchemaReference & RegisteredSchema>();
    const visit = (reference: SchemaReference): void => {
      if (found.has(reference.name)) return;
      const { subject, version } = reference;
      const what = `getting version ${version} of ${subject}`;
      const schema = this.#ask(what, 'getSchemaMetadata', subject, version, true, format) as RegisteredSchema;
      for (const one of schema.references ?? []) visit(one);
      found.set(reference.name, { ...reference, schema: schema.schema });
    };
    for (const one of references) visit(one);
    return [...found.values()];
  }

  /** Ends its thread. One that is left open does not keep the process alive. */
  close(): Promise<void> {
    return this.#client.close();
  }

  #ask(what: string, method: string, ...args: readonly unknown[]): unknown {
    try {
      return this.#client.call(method, args);
    } catch (error) {
      if (!(error instanceof SchemaRegistryError)) throw error;
      const status = error.status === undefined ? '' : ` (HTTP ${error.status})`;
      throw new SchemaRegistryError(
        `Schema registry at ${this.#where}, ${what}: ${error.message.replace(/; Error code: -?\d+$/, '')}${status}`,
        error.status,
      );
    }
  }
}

/** Opens a schema registry; nothing is asked before the first serde needs it. */
export function schemaRegistry(options: SchemaRegistryOptions): SchemaRegistry {
  return new SchemaRegistry(options);
}
