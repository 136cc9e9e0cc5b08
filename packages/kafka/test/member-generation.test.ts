import { describe, expect, test } from 'vitest';
import { KafkaError } from '../src/errors.ts';
import { generationOf, goesOn, MemberGeneration, type Membership } from '../src/group/member-generation.ts';

const member = (now: Partial<Membership> = {}): Membership => ({
  memberId: 'm',
  generation: 4,
  isJoining: false,
  ...now,
});
const refused = new KafkaError('ILLEGAL_GENERATION', 'g');

describe('the generation of a member', () => {
  test('goes on with the group', () => {
    const now = member();
    const held = new MemberGeneration(now);
    now.generation = 5;
    expect(generationOf(held, 'g')).toBe(5);
  });

  test('ends when the group has removed the member, also where it is back under another id', () => {
    for (const next of [
      { memberId: '', generation: -1 },
      { memberId: 'other', generation: 7 },
    ]) {
      const now = member();
      const held = new MemberGeneration(now);
      Object.assign(now, next, { isJoining: true });
      expect(held).toMatchObject({ memberId: 'm', generation: -1, isChanging: false });
      expect(() => generationOf(held, 'g')).toThrow(/out of group g/u);
    }
  });

  test('is asked for before a first join: nobody commits without one', () => {
    const nobody = member({ memberId: '', generation: -1 });
    expect(() => generationOf(new MemberGeneration(nobody), 'g')).toThrow(/out of group g/u);
  });
});

describe('a commit that was refused for its generation', () => {
  test('is tried again where the group has gone on, or may have', () => {
    expect(goesOn(refused, 3, new MemberGeneration(member()))).toBe(true);
    expect(goesOn(refused, 4, new MemberGeneration(member({ isJoining: true })))).toBe(true);
    expect(goesOn(new KafkaError('REBALANCE_IN_PROGRESS', 'g'), 4, new MemberGeneration(member()))).toBe(
      true,
    );
  });

  test('has failed where the group has gone on without the member', () => {
    expect(goesOn(refused, 4, new MemberGeneration(member()))).toBe(false);
    expect(goesOn(new KafkaError('UNKNOWN_MEMBER_ID', 'g'), 3, new MemberGeneration(member()))).toBe(false);
  });
});
