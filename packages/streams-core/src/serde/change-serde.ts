import { asBuffer, type Serde } from '@millrace/log-client';
import type { Change } from '../record/record.ts';

/**
 * Changes on their way through a repartition topic: | new length + 1 u32 | new | old |, 0 for no new value.
 */
export function changeSerde<V>(value: Serde<V>): Serde<Change<V>> {
  return {
    serialize({ newValue, oldValue }) {
      const fresh = newValue === null ? null : value.serialize(newValue);
      const old = oldValue === null ? null : value.serialize(oldValue);
      const lengths = Buffer.alloc(5);
      lengths.writeUInt32BE(fresh === null ? 0 : fresh.length + 1, 0);
      lengths[4] = old === null ? 0 : 1;
      return Buffer.concat([lengths, fresh ?? Buffer.alloc(0), old ?? Buffer.alloc(0)]);
    },
    deserialize(bytes) {
      const buffer = asBuffer(bytes);
      const length = buffer.readUInt32BE(0);
      const oldAt = 5 + Math.max(0, length - 1);
      return {
        newValue: length === 0 ? null : value.deserialize(buffer.subarray(5, oldAt)),
        oldValue: buffer[4] === 0 ? null : value.deserialize(buffer.subarray(oldAt)),
      };
    },
  };
}
