/** For each member of an interface, whether it is a method or a property. */
export type Members<F> = Readonly<Record<keyof F, 'method' | 'property'>>;

/**
 * An object with the members of an interface and no others: what user code gets of a store. The object behind
 * it also has what belongs to the runtime alone, such as `takeChanges` and `close`.
 */
export function face<F extends object>(target: F, members: Members<F>): F {
  const made = {};
  for (const [name, kind] of Object.entries(members) as [keyof F, 'method' | 'property'][]) {
    const descriptor =
      kind === 'property'
        ? { get: () => target[name] }
        : { value: (target[name] as (...args: unknown[]) => unknown).bind(target) };
    Object.defineProperty(made, name, { ...descriptor, enumerable: true });
  }
  return Object.freeze(made) as F;
}
