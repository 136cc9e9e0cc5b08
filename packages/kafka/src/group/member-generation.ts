import { type GroupGeneration, LogError } from '@millrace/log-client';
import { errorType } from '../errors.ts';

/** Where a member stands in its group at present. */
export interface Membership {
  memberId: string;
  generation: number;
  isJoining: boolean;
}

/**
 * The generation by which the group knows a member's commits. It goes on with the group: what a member owns
 * stays with it from one generation to the next until it gives it up. It does not go on under another member
 * id: one that the group has removed has lost what it owned.
 */
export class MemberGeneration implements GroupGeneration {
  readonly memberId: string;
  readonly #now: Membership;

  constructor(now: Membership) {
    this.#now = now;
    this.memberId = now.memberId;
  }

  /** -1 once the group has removed the member. */
  get generation(): number {
    return this.#now.memberId === this.memberId ? this.#now.generation : -1;
  }

  get isChanging(): boolean {
    return this.#now.memberId === this.memberId && this.#now.isJoining;
  }
}

/** What to send with a commit. @throws LogError `LOG_FENCED`: without a generation anyone could commit */
export function generationOf({ memberId, generation }: GroupGeneration, group: string): number {
  if (memberId === '' || generation < 0)
    throw new LogError('LOG_FENCED', `This member is out of group ${group}`);
  return generation;
}

/** Whether a commit that was refused is to be tried again: the group goes on, with this member in it. */
export function goesOn(error: unknown, tried: number, member: GroupGeneration): boolean {
  const type = errorType(error);
  if (type === 'REBALANCE_IN_PROGRESS') return true;
  if (type !== 'ILLEGAL_GENERATION') return false;
  return member.generation > tried || member.isChanging === true;
}
