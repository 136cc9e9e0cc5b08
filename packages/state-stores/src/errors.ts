export const storeErrorCodes = {
  STORE_CLOSED: 'the store has been closed',
  STORE_CORRUPT: 'the files of the store are damaged or missing',
  STORE_IO: 'the disk refused a call',
  STORE_LOCKED: "another process or task has the store's folder open",
  STORE_UNREADABLE: "the store's serde cannot read what the store holds",
} as const;

export type StoreErrorCode = keyof typeof storeErrorCodes;

/** An error of a state store. Tell cases apart by `code`. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Recognises a StoreError by its code, so that two copies of this package in one process agree. */
export function isStoreError(error: unknown, code?: StoreErrorCode): error is StoreError {
  if (!(error instanceof Error) || error.name !== 'StoreError') return false;
  return code === undefined || (error as StoreError).code === code;
}
