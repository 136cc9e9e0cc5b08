// Elements of lists that are no structs, as functions.
import type { WireReader } from './reader.ts';
import type { WireWriter } from './writer.ts';

export const zeroUuid = 'AAAAAAAAAAAAAAAAAAAAAA';
export const noBytes: Uint8Array = Buffer.alloc(0);

export const getInt8 = (r: WireReader): number => r.int8();
export const getInt16 = (r: WireReader): number => r.int16();
export const getInt32 = (r: WireReader): number => r.int32();
export const getInt64 = (r: WireReader): number => r.int64();
export const getString = (r: WireReader): string => r.string();
export const getUuid = (r: WireReader): string => r.uuid();

export const putInt8 = (w: WireWriter, value: number): void => w.int8(value);
export const putInt16 = (w: WireWriter, value: number): void => w.int16(value);
export const putInt32 = (w: WireWriter, value: number): void => w.int32(value);
export const putInt64 = (w: WireWriter, value: number): void => w.int64(value);
export const putString = (w: WireWriter, value: string): void => w.string(value);
export const putUuid = (w: WireWriter, value: string): void => w.uuid(value);
