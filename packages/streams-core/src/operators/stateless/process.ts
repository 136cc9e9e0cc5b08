import type { Forward } from '../../record.ts';
import type { Operator, OperatorContext } from '../../topology/operator.ts';
import type {
  FixedKeyProcessorSupplier,
  Processor,
  ProcessorContext,
  ProcessorFunction,
  ProcessorSupplier,
} from '../../topology/processor.ts';

/** Runs a processor of the user's, which forwards what it likes. */
export function process<KIn, VIn, KOut, VOut>(
  supplier: ProcessorSupplier<KIn, VIn, KOut, VOut>,
): Operator<KIn, VIn, KOut, VOut> {
  return {
    kind: 'process',
    open: (context) => start(context, supplier(context.processorContext as ProcessorContext<KOut, VOut>)),
  };
}

/** Runs a processor that keeps the key: what it forwards goes on under the key of the record it was given. */
export function processValues<K, V, VOut>(
  supplier: FixedKeyProcessorSupplier<K, V, VOut>,
): Operator<K, V, K, VOut> {
  return {
    kind: 'process-values',
    open: (context, forward) => {
      let current: Parameters<Forward<K, V>>[0] | undefined;
      const fixed = Object.create(context.processorContext, {
        forward: {
          value: (value: VOut) => {
            if (current === undefined)
              throw new Error('processValues can forward only while it processes a record');
            const { key, timestamp, headers } = current;
            return forward({ key, value, timestamp, headers });
          },
        },
      }) as Parameters<FixedKeyProcessorSupplier<K, V, VOut>>[0];
      const run = start(context, supplier(fixed));
      return (record) => {
        current = record;
        return run(record);
      };
    },
  };
}

function start<K, V>(
  context: OperatorContext,
  made: Processor<K, V> | ProcessorFunction<K, V>,
): Forward<K, V> {
  if (typeof made === 'function') return made;
  context.onClose(() => made.close?.());
  return (record) => made.process(record);
}
