import type { PgClient, PgPool } from '../src/index.ts';

/** A pool whose connections are cut at the n-th statement of all, before or after the server has run it. */
export function cutAt(
  pool: PgPool,
  n: number,
  how: 'before' | 'after',
): { readonly pool: PgPool; readonly hasCut: () => boolean } {
  let statements = 0;
  let hasCut = false;
  const connect = async (): Promise<PgClient> => {
    const client = await pool.connect();
    return {
      query: async (text, values) => {
        const isCut = statements++ === n;
        hasCut ||= isCut;
        const error = new Error('Connection terminated unexpectedly');
        if (isCut && how === 'before') throw error;
        const result = await client.query(text, values);
        if (isCut) throw error;
        return result;
      },
      release: (destroy) => client.release(destroy),
    };
  };
  return { pool: { connect }, hasCut: () => hasCut };
}
