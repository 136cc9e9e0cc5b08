import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

/** For tests of what is let go of: how many of these objects the garbage collector has to keep. */
export async function stillInMemory(objects: readonly WeakRef<object>[]): Promise<number> {
  // What a WeakRef was made of stays until the turn is over.
  await turn();
  collectGarbage();
  await turn();
  return objects.filter((object) => object.deref() !== undefined).length;
}
