/** What each client is asked to do, in this order. */
export const steps = {
  send: 'send',
  transact: 'transactions',
  read: 'read',
  readCommitted: 'read committed',
} as const;

export type Step = keyof typeof steps;

export interface Spent {
  readonly seconds: number;
  readonly cpuSeconds: number;
}
