const silent = (): void => {};

/** kafkajs logs what it throws; it is thrown to the caller here, once. */
export const silentLogger = {
  namespace: () => silentLogger,
  debug: silent,
  info: silent,
  warn: silent,
  error: silent,
};
