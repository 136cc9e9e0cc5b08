// The second face of the package: whoever only keeps batches does not load these.
export * from './messages/index.ts';
export * from './wire/index.ts';
