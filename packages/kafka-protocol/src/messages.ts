// An entry of its own: packages that only store batches do not load the messages.
export * from './messages/index.ts';
export * from './wire/index.ts';
