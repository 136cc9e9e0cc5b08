import { z } from 'zod';

/** Who is asking: a user with a password, a token, or an OAuth client. */
export type SchemaRegistryAuth =
  | { readonly username: string; readonly password: string }
  | { readonly token: string }
  | {
      /** Where tokens are issued. */
      readonly issuer: string;
      readonly clientId: string;
      readonly clientSecret: string;
      readonly scope: string;
      /** The registry's cluster id, which Confluent Cloud wants to know. */
      readonly logicalCluster: string;
      readonly identityPoolId?: string | undefined;
    };

export interface SchemaRegistryOptions {
  /**
   * Where the registry is, as `http://host:8081`; with several, the next is asked when one does not answer.
   */
  readonly url: string | readonly string[];
  readonly auth?: SchemaRegistryAuth;
  /** For how long an answer is waited for, retries included, in ms. Default 10,000. */
  readonly timeoutMs?: number;
}

const url = z.url({ protocol: /^https?$/, error: 'must be an http or https address' }).refine(
  (text) => {
    if (!URL.canParse(text)) return true;
    const { username, password } = new URL(text);
    return username === '' && password === '';
  },
  { error: 'holds a user or password, which would end up in messages: put them into `auth`', abort: true },
);
const text = z.string().min(1);
const options = z.strictObject({
  url: z.preprocess((given) => (typeof given === 'string' ? [given] : given), z.array(url).min(1)),
  auth: z
    .union([
      z.strictObject({ username: text, password: z.string() }),
      z.strictObject({ token: text }),
      z.strictObject({
        issuer: text,
        clientId: text,
        clientSecret: text,
        scope: z.string(),
        logicalCluster: text,
        identityPoolId: text.optional(),
      }),
    ])
    .optional(),
  timeoutMs: z.number().positive().default(10_000),
});

export type ResolvedRegistryOptions = z.output<typeof options>;

/** @throws TypeError that names each option that is wrong, without its value */
export function resolveRegistryOptions(given: SchemaRegistryOptions): ResolvedRegistryOptions {
  const { data, error } = options.safeParse(given);
  if (data !== undefined) return data;
  const lines = error.issues.map(({ path, message }) => `${path.join('.') || 'options'}: ${message}`);
  throw new TypeError(`schemaRegistry: ${lines.join('; ')}`);
}
