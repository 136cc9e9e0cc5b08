// Generated from Apache Kafka's message definitions by tools/kafka-messages: see NOTICE. Not to be edited.
import * as element from '../../wire/elements.ts';
import { type Whole, type WireApi, type WireReader, type WireWriter } from '../../wire/index.ts';

export interface ListTransactionsRequest {
  readonly stateFilters: readonly string[];
  readonly producerIdFilters: readonly number[];
  readonly durationFilter?: number;
  readonly transactionalIdPattern?: string | null;
}

function readListTransactionsRequest(r: WireReader, v: number): Whole<ListTransactionsRequest> {
  const stateFilters = r.array(element.getString, v);
  const producerIdFilters = r.array(element.getInt64, v);
  const durationFilter = v >= 1 ? r.int64() : -1;
  const transactionalIdPattern = v >= 2 ? r.nullableString() : null;
  r.skipTags();
  return { stateFilters, producerIdFilters, durationFilter, transactionalIdPattern };
}

function writeListTransactionsRequest(w: WireWriter, o: ListTransactionsRequest, v: number): void {
  w.array(o.stateFilters, element.putString, v);
  w.array(o.producerIdFilters, element.putInt64, v);
  if (v >= 1) w.int64(o.durationFilter ?? -1);
  else w.absent('ListTransactionsRequest.durationFilter', o.durationFilter, -1, v);
  if (v >= 2) w.nullableString(o.transactionalIdPattern ?? null);
  else w.absent('ListTransactionsRequest.transactionalIdPattern', o.transactionalIdPattern, null, v);
  w.noTags();
}

interface TransactionState {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly transactionState: string;
}

function readTransactionState(r: WireReader, _v: number): Whole<TransactionState> {
  const transactionalId = r.string();
  const producerId = r.int64();
  const transactionState = r.string();
  r.skipTags();
  return { transactionalId, producerId, transactionState };
}

function writeTransactionState(w: WireWriter, o: TransactionState, _v: number): void {
  w.string(o.transactionalId);
  w.int64(o.producerId);
  w.string(o.transactionState);
  w.noTags();
}

export interface ListTransactionsResponse {
  readonly throttleTimeMs?: number;
  readonly errorCode: number;
  readonly unknownStateFilters: readonly string[];
  readonly transactionStates: readonly TransactionState[];
}

function readListTransactionsResponse(r: WireReader, v: number): Whole<ListTransactionsResponse> {
  const throttleTimeMs = r.int32();
  const errorCode = r.int16();
  const unknownStateFilters = r.array(element.getString, v);
  const transactionStates = r.array(readTransactionState, v);
  r.skipTags();
  return { throttleTimeMs, errorCode, unknownStateFilters, transactionStates };
}

function writeListTransactionsResponse(w: WireWriter, o: ListTransactionsResponse, v: number): void {
  w.int32(o.throttleTimeMs ?? 0);
  w.int16(o.errorCode);
  w.array(o.unknownStateFilters, element.putString, v);
  w.array(o.transactionStates, writeTransactionState, v);
  w.noTags();
}

export const listTransactionsApi: WireApi<ListTransactionsRequest, ListTransactionsResponse> = {
  key: 66,
  name: 'ListTransactions',
  minVersion: 0,
  maxVersion: 2,
  flexibleFrom: 0,
  request: { read: readListTransactionsRequest, write: writeListTransactionsRequest },
  response: { read: readListTransactionsResponse, write: writeListTransactionsResponse },
};
