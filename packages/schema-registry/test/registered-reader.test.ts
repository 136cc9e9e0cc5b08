import { create, createFileRegistry, type DescMessage } from '@bufbuild/protobuf';
import {
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  file_google_protobuf_timestamp as timestampFile,
  TimestampSchema,
} from '@bufbuild/protobuf/wkt';
import { expect, test } from 'vitest';
import {
  avroSerde,
  jsonSchemaSerde,
  protobufSerde,
  registeredReader,
  SchemaRegistryError,
} from '../src/index.ts';
import { startRegistry } from './registry-stub.ts';

const { stub, registry } = await startRegistry();

test('reads a topic of several schemas and kinds, each record as it was written', async () => {
  const subject = 'mixed-value';
  const first = avroSerde({
    registry,
    subject,
    schema: { type: 'record', name: 'Order', fields: [{ name: 'sku', type: 'string' }] },
  });
  const second = avroSerde({
    registry,
    subject,
    schema: {
      type: 'record',
      name: 'Order',
      fields: [
        { name: 'sku', type: 'string' },
        { name: 'note', type: ['null', 'string'], default: null },
      ],
    },
  });
  const plain = jsonSchemaSerde({
    registry,
    subject,
    schema: { type: 'object', properties: { sku: { type: 'string' } } },
  });
  const proto = protobufSerde({ registry, subject, message: TimestampSchema });
  const read = registeredReader({ registry, subject });
  const records = [
    first.serialize({ sku: 'a' }),
    second.serialize({ sku: 'b', note: 'soon' }),
    plain.serialize({ sku: 'c' }),
    proto.serialize(create(TimestampSchema, { seconds: 1n })),
  ];
  const expected = [
    { sku: 'a' },
    { sku: 'b', note: { string: 'soon' } },
    { sku: 'c' },
    '1970-01-01T00:00:01Z',
  ];
  expect(records.map(read)).toEqual(expected);
  await stub.asked();
  expect(records.map(read)).toEqual(expected);
  expect(await stub.asked()).toEqual([]);
});

test('finds what a Protobuf file imports, and nested messages', () => {
  const field = { number: 1, label: Label.OPTIONAL };
  const files = createFileRegistry(
    create(FileDescriptorSetSchema, {
      file: [
        timestampFile.proto,
        create(FileDescriptorProtoSchema, {
          name: 'shop/money.proto',
          package: 'shop',
          syntax: 'proto3',
          messageType: [{ name: 'Money', field: [{ ...field, name: 'cents', type: Type.INT64 }] }],
        }),
        create(FileDescriptorProtoSchema, {
          name: 'shop/order.proto',
          package: 'shop',
          syntax: 'proto3',
          dependency: ['shop/money.proto', 'google/protobuf/timestamp.proto'],
          messageType: [
            { name: 'Other' },
            {
              name: 'Order',
              nestedType: [
                {
                  name: 'Line',
                  field: [
                    { ...field, name: 'price', type: Type.MESSAGE, typeName: '.shop.Money' },
                    {
                      ...field,
                      name: 'at',
                      number: 2,
                      type: Type.MESSAGE,
                      typeName: '.google.protobuf.Timestamp',
                    },
                  ],
                },
              ],
            },
          ],
        }),
      ],
    }),
  );
  const message = (name: string): DescMessage => files.getMessage(name)!;
  const line = create(message('shop.Order.Line'), {
    price: create(message('shop.Money'), { cents: 12n }),
    at: create(message('google.protobuf.Timestamp'), { seconds: 2n }),
  });
  const subject = 'lines-value';
  const bytes = Buffer.from(
    protobufSerde({ registry, subject, message: message('shop.Order.Line') }).serialize(line),
  );
  const read = registeredReader({ registry, subject });
  expect(read(bytes)).toEqual({ price: { cents: '12' }, at: '1970-01-01T00:00:02Z' });
  const nowhere = Buffer.concat([bytes.subarray(0, 5), Buffer.of(2, 18)]);
  expect(() => read(nowhere)).toThrow(/lines-value: schema \d+ has no message at 9/);
});

test('says what is wrong with bytes and with ids that nobody registered', () => {
  const read = registeredReader({ registry, subject: 'odd-value' });
  expect(() => read(Buffer.from('text'))).toThrow(/wire format/);
  expect(() => read(Buffer.of(0, 0, 0, 3, 232, 1))).toThrow(SchemaRegistryError);
});
