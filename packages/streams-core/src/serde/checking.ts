import type { Serde } from '@millrace/log-client';
import type { Serializer } from './topic.ts';

/** A serde that checks what it writes, where it knows how. */
export function checking<S extends Serializer<never> | Serde<never>>(serde: S): S {
  const { check, serializeText } = serde as Serializer<unknown>;
  if (check === undefined) return serde;
  const { serialize } = serde as Serializer<unknown>;
  const checked: Serializer<unknown> = {
    ...(serde as Serializer<unknown>),
    serialize: (value) => {
      check(value);
      return serialize(value);
    },
  };
  if (serializeText === undefined) return checked as unknown as S;
  const withText: Serializer<unknown> = {
    ...checked,
    serializeText: (value) => {
      check(value);
      return serializeText(value);
    },
  };
  return withText as unknown as S;
}
