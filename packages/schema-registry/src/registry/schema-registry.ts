import { SchemaRegistryError } from './errors.ts';
import { resolveRegistryOptions, type SchemaRegistryOptions } from './options.ts';
import { RegistryApi } from './registry-api.ts';
import type { RegisteredSchema, SchemaReference } from './schema.ts';

/**
 * A schema registry with Confluent's HTTP API. Its calls wait for the answer: make serdes when the program
 * starts; while records run, only an id that was never met asks again.
 */
export class SchemaRegistry {
  readonly #where: string;
  readonly #api: RegistryApi;
  /** What does not change: schemas by id and version, and the place of those that were registered. */
  readonly #known = new Map<string, unknown>();

  /** @throws TypeError that names each option that is wrong */
  constructor(options: SchemaRegistryOptions) {
    const resolved = resolveRegistryOptions(options);
    this.#where = resolved.url.join(', ');
    this.#api = new RegistryApi(resolved);
  }

  /** Registers a schema under a subject, unless it is there already, and gives its id. */
  register(subject: string, schema: RegisteredSchema): number {
    const path = `/subjects/${encodeURIComponent(subject)}/versions`;
    const what = `registering a schema of ${subject}`;
    return this.#ask<Place>(what, `register ${subject} ${JSON.stringify(schema)}`, () =>
      this.#api.post(path, schema),
    ).id;
  }

  /** The id of a schema that is registered under a subject. */
  idOf(subject: string, schema: RegisteredSchema): number {
    return this.#placeOf(subject, schema).id;
  }

  /** The version of a schema that is registered under a subject. */
  versionOf(subject: string, schema: RegisteredSchema): number {
    return this.#placeOf(subject, schema).version;
  }

  #placeOf(subject: string, schema: RegisteredSchema): Place {
    const path = `/subjects/${encodeURIComponent(subject)}`;
    const what = `looking for a schema of ${subject}`;
    return this.#ask<Place>(what, `place ${subject} ${JSON.stringify(schema)}`, () =>
      this.#api.post(path, schema),
    );
  }

  /** The schema with an id; `format` is `serialized` for a Protobuf descriptor in place of its source. */
  schema(subject: string, id: number, format?: string): RegisteredSchema {
    const path = `/schemas/ids/${id}?${query({ subject, format })}`;
    return this.#ask(`getting schema ${id} (${subject})`, path, () => this.#api.get(path));
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
      // A version that was deleted is still referred to.
      const asked = query({ deleted: 'true', format });
      const path = `/subjects/${encodeURIComponent(subject)}/versions/${version}?${asked}`;
      const schema = this.#ask<RegisteredSchema>(what, path, () => this.#api.get(path));
      for (const one of schema.references ?? []) visit(one);
      found.set(reference.name, { ...reference, schema: schema.schema });
    };
    for (const one of references) visit(one);
    return [...found.values()];
  }

  /** Ends its thread. One that is left open does not keep the process alive. */
  close(): Promise<void> {
    return this.#api.close();
  }

  #ask<T>(what: string, key: string, ask: () => unknown): T {
    const known = this.#known.get(key);
    if (known !== undefined) return known as T;
    try {
      const answer = ask();
      this.#known.set(key, answer);
      return answer as T;
    } catch (error) {
      if (!(error instanceof SchemaRegistryError)) throw error;
      const status = error.status === undefined ? '' : ` (HTTP ${error.status})`;
      throw new SchemaRegistryError(
        `Schema registry at ${this.#where}, ${what}: ${error.message}${status}`,
        error.status,
      );
    }
  }
}

interface Place {
  readonly id: number;
  readonly version: number;
}

function query(parameters: Readonly<Record<string, string | undefined>>): string {
  const asked = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) asked.set(name, value);
  return asked.toString();
}

/** Opens a schema registry; nothing is asked before the first serde needs it. */
export function schemaRegistry(options: SchemaRegistryOptions): SchemaRegistry {
  return new SchemaRegistry(options);
}
