import { plainSerde, type Serde } from '@millrace/log-client';
import type { Serializer } from './topic.ts';

/**
 * A serde that checks what it writes, where it knows how, and freezes values that it says are not changed:
 * code that changes one fails where it does.
 */
export function checking<S extends Serializer<never> | Serde<never>>(serde: S): S {
  const given: Partial<Serde<unknown>> & Serializer<unknown> = plainSerde(serde as unknown as Serde<unknown>);
  const { check, immutable, mapKey, serialize, serializeText, deserialize, deserializeText } = given;
  // Texts and numbers, which are keys of a Map as they are, cannot be changed.
  const freezes = immutable === true && mapKey !== undefined;
  if (check === undefined && !freezes) return serde;
  const checked = (value: unknown): unknown => {
    check?.(value);
    return freezes ? frozen(value) : value;
  };
  const made: Partial<Serde<unknown>> = {
    ...given,
    serialize: (value) => serialize(checked(value)),
    ...(serializeText === undefined ? {} : { serializeText: (value) => serializeText(checked(value)) }),
  };
  if (!freezes) return made as S;
  const reading: Partial<Serde<unknown>> = {
    ...made,
    // Serialised when they are put into a store, and frozen by that.
    immutable: false,
    ...(deserialize === undefined ? {} : { deserialize: (bytes) => frozen(deserialize(bytes)) }),
    ...(deserializeText === undefined ? {} : { deserializeText: (text) => frozen(deserializeText(text)) }),
  };
  return reading as S;
}

/** The value, which cannot be changed from now on, nor what is in it. */
function frozen(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value) || ArrayBuffer.isView(value))
    return value;
  Object.freeze(value);
  for (const part of Object.values(value)) frozen(part);
  return value;
}
