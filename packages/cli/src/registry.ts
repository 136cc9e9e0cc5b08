import type { SchemaRegistry, SchemaRegistryOptions } from '@millrace/schema-registry';
import type { Command } from 'commander';
import { optionalPackage } from './optional-package.ts';
import { UsageError } from './usage-error.ts';

/** Where the schema registry is, for the commands that decode with one. */
export interface RegistryOptions {
  readonly registry?: string;
  readonly registryUser?: string;
}

/** The password comes from the environment: command lines are read by others. */
const passwordVariable = 'MILLRACE_REGISTRY_PASSWORD';

export function withRegistryOptions(command: Command): Command {
  return command
    .option('--registry <url>', 'where the schema registry is, for keys and values of the kind `registry`')
    .option('--registry-user <name>', `the user to ask it as, with the password in ${passwordVariable}`);
}

/** Decodes keys or values of a topic by their schemas. */
export type OpenDecoder = (topic: string, side: 'key' | 'value') => (bytes: Uint8Array) => unknown;

/** Runs something with a schema registry, if one is named, and closes it. */
export async function onRegistry<T>(
  options: RegistryOptions,
  use: (open: OpenDecoder) => Promise<T>,
): Promise<T> {
  if (options.registry === undefined) {
    return use(() => {
      throw new UsageError('say where the schemas are: --registry http://host:8081');
    });
  }
  const { registeredReader, schemaRegistry } = await optionalPackage(
    '@millrace/schema-registry',
    '--registry',
    () => import('@millrace/schema-registry'),
  );
  const where = registryOptions(options.registry, options);
  let registry: SchemaRegistry;
  try {
    registry = schemaRegistry(where);
  } catch (error) {
    throw new UsageError(`--registry: ${(error as Error).message}`);
  }
  try {
    return await use((topic, side) => registeredReader({ registry, subject: `${topic}-${side}` }));
  } finally {
    await registry.close();
  }
}

function registryOptions(url: string, { registryUser: username }: RegistryOptions): SchemaRegistryOptions {
  if (username === undefined) return { url: url.split(',') };
  const password = process.env[passwordVariable];
  if (password === undefined) {
    throw new UsageError(
      `--registry-user needs the password in the environment variable ${passwordVariable}`,
    );
  }
  return { url: url.split(','), auth: { username, password } };
}

/** A registry that refused or did not answer; its class is there only where the package is. */
export function isRegistryError(error: unknown): error is Error {
  return error instanceof Error && error.name === 'SchemaRegistryError';
}

/** It brings a large client with it, which few need. */
