export type { MessageCodec, Whole, WireApi } from './api.ts';
export {
  type ConsumerSubscription,
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  type DescribedMember,
  encodeSubscription,
  groupSnapshot,
  type MemberAssignment,
} from './consumer-protocol.ts';
export * from './elements.ts';
export { FrameReader } from './frame-reader.ts';
export { WireReader } from './reader.ts';
export { isSet, type WireRecords, WireWriter } from './writer.ts';
export { errorCodes, errorName, type KafkaErrorName } from './error-codes.ts';
export {
  decodeRequest,
  decodeResponse,
  encodeRequest,
  encodeResponse,
  frameSizeBytes,
  readRequestHeader,
  type RequestHeader,
} from './frame.ts';
