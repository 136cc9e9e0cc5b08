import { topologySvg } from '@millrace/inspector/draw';
import { TopologyTestDriver } from '@millrace/testing';
import { beforeEach, describe, expect, test } from 'vitest';
import { percentOf } from '../src/price.ts';
import { retailTopology } from '../src/retail-topology.ts';
import type { Row } from '../src/schemas.ts';
import {
  priceAdjustments,
  products,
  rejectedSales,
  reorders,
  sales,
  shipments,
  stockLevels,
} from '../src/topics.ts';

const minute = 60_000;
const start = Date.parse('2010-12-01T08:00:00Z');

function open() {
  const driver = new TopologyTestDriver(retailTopology({ windowMs: 60 * minute, graceMs: 15 * minute }));
  const input = { sales: driver.createInputTopic(sales), shipments: driver.createInputTopic(shipments) };
  driver
    .createInputTopic(products)
    .pipeInput(
      'mug',
      { description: 'MUG', listPrice: 2.5, reorderPoint: 10, orderUpTo: 40 },
      { timestamp: start - 1 },
    );
  return {
    /** A sale of mugs, `minutes` after eight. */
    sell: (quantity: number | string, minutes = 0, row: Partial<Row> = {}) => {
      const at = new Date(start + minutes * minute);
      const InvoiceDate = at.toISOString().slice(0, 19).replace('T', ' ');
      const sale = {
        StockCode: 'mug',
        Quantity: String(quantity),
        InvoiceDate,
        UnitPrice: '2.55',
        ...row,
      } as Row;
      input.sales.pipeInput(sale['StockCode']!, sale, { timestamp: at.getTime() });
    },
    receive: (quantity: number, minutes = 0, sku = 'mug') =>
      input.shipments.pipeInput(sku, { quantity }, { timestamp: start + minutes * minute }),
    reorders: driver.createOutputTopic(reorders),
    rejected: driver.createOutputTopic(rejectedSales),
    stock: driver.createOutputTopic(stockLevels),
    prices: driver.createOutputTopic(priceAdjustments),
  };
}

let shop = open();
beforeEach(() => {
  shop = open();
});

describe('sales that do not count', () => {
  test.each<[string, Partial<Row>]>([
    ['malformed', { InvoiceDate: '2010-12-01T08:00:00' }],
    ['malformed', { InvoiceDate: '2010-02-30 08:00:00' }],
    ['malformed', { InvoiceDate: '01/12/2010 08:00' }],
    ['malformed', { Quantity: '1.5' }],
    ['malformed', { Quantity: '' }],
    ['malformed', { UnitPrice: 'free' }],
    ['malformed', { UnitPrice: '' }],
    ['non-positive-price', { UnitPrice: '0' }],
    ['non-positive-price', { UnitPrice: '-1.5' }],
    ['zero-quantity', { Quantity: '0' }],
    ['unknown-product', { StockCode: 'teapot' }],
    // The first reason that applies.
    ['malformed', { Quantity: 'x', UnitPrice: '0', StockCode: 'teapot' }],
    ['non-positive-price', { UnitPrice: '0', Quantity: '0' }],
    ['zero-quantity', { Quantity: '0', StockCode: 'teapot' }],
  ])('%s: %o', (reason, row) => {
    shop.sell(1, 0, row);
    const rejected = shop.rejected.readValue();
    expect(rejected?.reason).toBe(reason);
    expect(rejected?.row).toMatchObject(row);
    expect(shop.stock.isEmpty).toBe(true);
  });

  test('the row is kept as it came', () => {
    shop.sell(1, 0, { UnitPrice: ' 0.00 ', Extra: 'column' });
    expect(shop.rejected.readValue()?.row).toEqual({
      StockCode: 'mug',
      Quantity: '1',
      InvoiceDate: '2010-12-01 08:00:00',
      UnitPrice: ' 0.00 ',
      Extra: 'column',
    });
  });
});

describe('inventory', () => {
  test('sales take, returns put back, shipments add and settle orders', () => {
    shop.receive(30);
    shop.sell(5);
    shop.sell(-2);
    expect(shop.stock.readValuesToList()).toEqual([
      { onHand: 30, onOrder: 0 },
      { onHand: 25, onOrder: 0 },
      { onHand: 27, onOrder: 0 },
    ]);
    expect(shop.reorders.isEmpty).toBe(true);
  });

  test('at the reorder point, what is missing to the order-up-to level is ordered', () => {
    shop.receive(30);
    shop.sell(20, 3);
    expect(shop.reorders.readKeyValue()).toEqual([
      'mug',
      { sku: 'mug', at: start + 3 * minute, quantity: 30, onHand: 10, onOrder: 30 },
    ]);
    shop.sell(1, 4);
    expect(shop.reorders.isEmpty).toBe(true);
    shop.sell(29, 5);
    expect(shop.reorders.readValue()).toMatchObject({ quantity: 30, onHand: -20, onOrder: 60 });
  });

  test('a shipment settles orders, never below none; one that leaves too little orders again', () => {
    shop.sell(1);
    expect(shop.reorders.readValue()).toMatchObject({ quantity: 41, onHand: -1, onOrder: 41 });
    shop.receive(50);
    expect(shop.stock.readValuesToList().at(-1)).toEqual({ onHand: 49, onOrder: 0 });
    shop.sell(49);
    shop.receive(3);
    expect(shop.stock.readValuesToList().at(-1)).toEqual({ onHand: 3, onOrder: 37 });
  });

  test('shipments of products we do not know are ignored', () => {
    shop.receive(5, 0, 'teapot');
    expect(shop.stock.isEmpty).toBe(true);
  });
});

describe('prices', () => {
  test('what sells at least half its order-up-to level in a window goes up by 5 %', () => {
    shop.sell(15, 10);
    shop.sell(5, 20);
    shop.sell(1, 60);
    expect(shop.prices.isEmpty).toBe(true);
    shop.sell(1, 75);
    expect(shop.prices.readKeyValue()).toEqual([
      'mug',
      {
        sku: 'mug',
        windowStart: start,
        windowEnd: start + 60 * minute,
        unitsSold: 20,
        listPrice: 2.5,
        newPrice: 2.63,
        reason: 'high-demand',
      },
    ]);
  });

  test('what sells nothing on balance goes down by 5 %', () => {
    shop.sell(3, 10);
    shop.sell(-3, 20);
    shop.sell(1, 75);
    expect(shop.prices.readValue()).toMatchObject({ unitsSold: 0, newPrice: 2.38, reason: 'low-demand' });
  });

  test('in between nothing happens', () => {
    shop.sell(19, 10);
    shop.sell(1, 75);
    expect(shop.prices.isEmpty).toBe(true);
  });

  test('a late sale counts within the grace, and after it only for the stock', () => {
    shop.sell(19, 10);
    shop.sell(1, 74);
    shop.sell(1, 59);
    shop.sell(1, 75);
    expect(shop.prices.readValue()).toMatchObject({ unitsSold: 20 });
    shop.stock.readValuesToList();
    shop.sell(50, 30);
    expect(shop.stock.queueSize).toBe(1);
    shop.sell(1, 200);
    expect(shop.prices.readValuesToList().map((price) => price?.windowStart)).toEqual([]);
  });

  test('rejected sales and shipments do not move the windows’ time', () => {
    shop.sell(20, 10);
    shop.sell(1, 300, { UnitPrice: '0' });
    shop.receive(1, 300);
    expect(shop.prices.isEmpty).toBe(true);
  });

  test.each([
    [2.5, 105, 2.63],
    [0.85, 105, 0.89],
    [1.25, 95, 1.19],
    [0.1, 105, 0.11],
    [1.1, 105, 1.16],
    [12.75, 105, 13.39],
    [0.7, 95, 0.67],
    [100, 95, 95],
  ])('%d at %d %% is %d, half up', (price, percent, expected) => {
    expect(percentOf(price, percent)).toBe(expected);
  });
});

test('the picture in its README is the topology as it is (vitest -u draws it again)', async () => {
  const topology = retailTopology({ windowMs: 60 * minute, graceMs: 15 * minute });
  // Which line added a node changes with every line above it.
  const svg = topologySvg(topology).replaceAll(/, added at [^<]*/g, '');
  await expect(svg).toMatchFileSnapshot('../topology.svg');
});
