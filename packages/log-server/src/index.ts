export { listen, LogServer } from './log-server.ts';
export type { ListenOptions } from './options.ts';
export { type LogOwner, readOwner, removeOwner, writeOwner } from './owner-file.ts';
export { SharedLog, sharedLog, type SharedLogOptions } from './shared-log.ts';
