import { UsageError } from './usage-error.ts';

/**
 * Loads a package that is installed only where its option is used. @throws UsageError that says how to get it
 */
export async function optionalPackage<T>(name: string, option: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new UsageError(`${option} needs the package ${name}: npm install ${name}`);
  }
}
