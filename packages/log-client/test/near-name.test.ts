import { expect, test } from 'vitest';
import { didYouMean } from '../src/index.ts';

const names = ['sales', 'stock-levels', 'a', 'sales-eu'];

test.each([
  ['sale', '. Did you mean "sales"?'],
  ['slaes', '. Did you mean "sales"?'],
  ['Sales', '. Did you mean "sales"?'],
  ['sales-ue', '. Did you mean "sales-eu"?'],
  ['stock_levels', '. Did you mean "stock-levels"?'],
  ['products', ''],
  ['b', ''],
  ['', ''],
])('%j: %j', (name, expected) => {
  expect(didYouMean(name, names)).toBe(expected);
});

test('of several near names the nearest is meant', () => {
  expect(didYouMean('price', ['prices1', 'prices', 'pride'])).toBe('. Did you mean "prices"?');
});
