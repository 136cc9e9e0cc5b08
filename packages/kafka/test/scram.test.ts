import { expect, test } from 'vitest';
import { ScramClient } from '../src/cluster/scram.ts';

const login = { username: 'user', password: 'pencil' };
const nonce = 'rOprNGfwEbeRWgbNEkqO';
const serverNonce = `${nonce}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0`;
const serverFirst = `r=${serverNonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`;

// The conversation of RFC 7677, section 3.
test('SCRAM-SHA-256 as its RFC has it', async () => {
  const client = new ScramClient('sha256', login, nonce);
  expect(client.first).toBe(`n,,n=user,r=${nonce}`);
  expect(await client.answer(serverFirst)).toBe(
    `c=biws,r=${serverNonce},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=`,
  );
  client.verify('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=');
});

test('names are escaped', () => {
  expect(new ScramClient('sha512', { username: 'a=b,c', password: 'p' }, 'x').first).toBe(
    'n,,n=a=3Db=2Cc,r=x',
  );
});

test.each([
  ['another nonce', serverFirst.replace(nonce, 'somebody else'), /nonce/],
  ['no nonce of its own', `r=${nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`, /nonce/],
  ['few iterations', serverFirst.replace('4096', '1'), /1 iterations/],
  ['iterations for hours', serverFirst.replace('4096', '4000000000'), /4000000000 iterations/],
  ['nonsense', 'what?', /nonce/],
])('a server that sends %s is refused', async (_, message, why) => {
  await expect(new ScramClient('sha256', login, nonce).answer(message)).rejects.toThrow(why);
});

test('a server that does not know the password is found out', async () => {
  const client = new ScramClient('sha256', login, nonce);
  await client.answer(serverFirst);
  expect(() => client.verify('v=AAAATRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=')).toThrow(/does not prove/);
  expect(() => client.verify('v=')).toThrow(/does not prove/);
  expect(() => client.verify('e=invalid-proof')).toThrow('invalid-proof');
});
