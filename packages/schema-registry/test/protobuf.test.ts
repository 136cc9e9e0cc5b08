import { createRequire } from 'node:module';
import {
  create,
  createFileRegistry,
  createMutableRegistry,
  type DescMessage,
  toBinary,
} from '@bufbuild/protobuf';
import {
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  TimestampSchema,
} from '@bufbuild/protobuf/wkt';
import { expect, test } from 'vitest';
import { protobufSerde } from '../src/index.ts';
import { startRegistry } from './registry-stub.ts';

const confluent = createRequire(import.meta.url)(
  '@confluentinc/schemaregistry',
) as typeof import('@confluentinc/schemaregistry');

const { stub, registry } = await startRegistry();

const text = (name: string, number: number) => ({ name, number, type: Type.STRING, label: Label.OPTIONAL });

/** shop/order.proto: Address; Order with Line and, in Line, Item; it imports shop/money.proto. */
const files = createFileRegistry(
  create(FileDescriptorSetSchema, {
    file: [
      create(FileDescriptorProtoSchema, {
        name: 'shop/money.proto',
        package: 'shop',
        syntax: 'proto3',
        messageType: [{ name: 'Money', field: [text('amount', 1)] }],
      }),
      create(FileDescriptorProtoSchema, {
        name: 'shop/order.proto',
        package: 'shop',
        syntax: 'proto3',
        dependency: ['shop/money.proto'],
        messageType: [
          { name: 'Address', field: [text('city', 1)] },
          {
            name: 'Order',
            field: [
              text('sku', 1),
              {
                name: 'price',
                number: 2,
                type: Type.MESSAGE,
                typeName: '.shop.Money',
                label: Label.OPTIONAL,
              },
            ],
            nestedType: [{ name: 'Line', nestedType: [{ name: 'Item', field: [text('sku', 1)] }] }],
          },
        ],
      }),
    ],
  }),
);
const message = (name: string): DescMessage => files.getMessage(`shop.${name}`)!;

test('a generated message goes and comes back, with the schema that has its name', () => {
  const serde = protobufSerde({ registry, subject: 'times-value', message: TimestampSchema });
  const value = create(TimestampSchema, { seconds: 1n, nanos: 2 });
  const bytes = Buffer.from(serde.serialize(value));
  // The first message of its file is one zero after the id; then field 1 is 1 and field 2 is 2.
  expect([...bytes.subarray(5)]).toEqual([0, 8, 1, 16, 2]);
  expect(serde.deserialize(bytes)).toEqual(value);
});

test.each([
  ['Address', [0]],
  ['Order', [2, 2]],
  ['Order.Line', [4, 2, 0]],
  ['Order.Line.Item', [6, 2, 0, 0]],
])('%s is found by its place in the file', (name, place) => {
  const serde = protobufSerde({ registry, subject: 'places-value', message: message(name) });
  const bytes = Buffer.from(serde.serialize(create(message(name))));
  expect([...bytes.subarray(5)]).toEqual(place);
  expect(serde.deserialize(bytes).$typeName).toBe(`shop.${name}`);
});

test('another message of the same file is refused by name', () => {
  const orders = protobufSerde({ registry, subject: 'mixed-value', message: message('Order') });
  const bytes = protobufSerde({ registry, subject: 'mixed-value', message: message('Address') }).serialize(
    create(message('Address')),
  );
  expect(() => orders.deserialize(bytes)).toThrow(
    /mixed-value: expected shop.Order, schema \d+ says it is shop.Address/,
  );
  const nowhere = Buffer.from(bytes);
  const cut = Buffer.concat([nowhere.subarray(0, 5), Buffer.of(2, 18)]);
  expect(() => orders.deserialize(cut)).toThrow(/says it is no message/);
  expect(() => orders.deserialize(nowhere.subarray(0, 5))).toThrow(/cut off/);
  expect(() => orders.deserialize(Buffer.from('text'))).toThrow(/wire format/);
});

test('an imported schema is registered under its path, and referred to', () => {
  const serde = protobufSerde({ registry, subject: 'imports-value', message: message('Order') });
  const id = Buffer.from(serde.serialize(create(message('Order')))).readInt32BE(1);
  const money = { name: 'shop/money.proto', subject: 'shop/money.proto', version: 1 };
  expect(registry.schema('imports-value', id).references).toEqual([money]);
  expect(registry.referenced({ schema: '', references: [money] })[0]!.schema).toBe(
    Buffer.from(toBinary(FileDescriptorProtoSchema, message('Money').file.proto)).toString('base64'),
  );
});

test("Confluent's own serdes read it, and it reads what they wrote", async () => {
  const client = new confluent.SchemaRegistryClient({ baseURLs: [stub.url] });
  const item = create(message('Order.Line.Item'));
  const serde = protobufSerde({ registry, subject: 'shared-value', message: message('Order.Line.Item') });
  const reader = new confluent.ProtobufDeserializer(client, confluent.SerdeType.VALUE, {});
  expect(await reader.deserialize('shared', Buffer.from(serde.serialize(item)))).toMatchObject({
    $typeName: 'shop.Order.Line.Item',
  });
  const writer = new confluent.ProtobufSerializer(client, confluent.SerdeType.VALUE, {
    autoRegisterSchemas: true,
    registry: createMutableRegistry(message('Order.Line.Item')),
  });
  const theirs = await writer.serialize('theirs', item);
  expect(serde.deserialize(theirs)).toEqual(item);
});
