import { Refusal } from '@millrace/embedded-log/raw';

export interface Protocol {
  readonly name: string;
  readonly metadata: Buffer;
}

export interface JoinRequest {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly protocolType: string;
  readonly protocols: readonly Protocol[];
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
}

export interface JoinAnswer {
  readonly generationId: number;
  readonly protocolName: string;
  readonly leader: string;
  readonly memberId: string;
  /** Whether the leader need not assign: everybody keeps what they have. */
  readonly skipAssignment: boolean;
  /** All members, for the leader; nobody for the others. */
  readonly members: readonly {
    readonly memberId: string;
    readonly groupInstanceId: string | null;
    readonly metadata: Buffer;
  }[];
}

interface Waiting<T> {
  readonly resolve: (answer: T) => void;
  readonly reject: (error: Refusal) => void;
}

/** A member as its group sees it. */
export interface Member {
  id: string;
  readonly groupInstanceId: string | null;
  clientId: string;
  clientHost: string;
  protocols: readonly Protocol[];
  sessionTimeoutMs: number;
  rebalanceTimeoutMs: number;
  assignment: Buffer;
  /** When it is taken for gone, by `performance.now()`. */
  expiresAt: number;
  joining: Waiting<JoinAnswer> | undefined;
  syncing: Waiting<Buffer> | undefined;
}

export interface CallerIdentity {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly generationId: number;
}

/** Who joins without an id gets one first, so that a lost answer leaves no member behind. */
export class MemberIdRequired extends Refusal {
  readonly memberId: string;

  constructor(memberId: string) {
    super('MEMBER_ID_REQUIRED', 'join again under this id');
    this.memberId = memberId;
  }
}

export const noAssignment = Buffer.alloc(0);

export function newMember(id: string, request: JoinRequest): Member {
  const member: Member = {
    id,
    groupInstanceId: request.groupInstanceId,
    clientId: '',
    clientHost: '',
    protocols: [],
    sessionTimeoutMs: 0,
    rebalanceTimeoutMs: 0,
    assignment: noAssignment,
    expiresAt: 0,
    joining: undefined,
    syncing: undefined,
  };
  update(member, request);
  return member;
}

/** The protocol that all know and most prefer. */
export function commonProtocol(members: readonly Member[]): string {
  const names = members[0]!.protocols.map(({ name }) => name);
  const common = names.filter((name) => members.every((one) => has(one, name)));
  const votes = new Map(common.map((name) => [name, 0]));
  for (const { protocols } of members) {
    const first = protocols.find(({ name }) => votes.has(name))!.name;
    votes.set(first, votes.get(first)! + 1);
  }
  return common.toSorted((a, b) => votes.get(b)! - votes.get(a)!)[0]!;
}

export function has({ protocols }: Member, name: string): boolean {
  return protocols.some((one) => one.name === name);
}

export function sameProtocols(a: readonly Protocol[], b: readonly Protocol[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ name, metadata }, index) => name === b[index]!.name && metadata.equals(b[index]!.metadata))
  );
}

export function update(member: Member, request: JoinRequest): void {
  // Views of the request would keep all of it.
  member.protocols = request.protocols.map(({ name, metadata }) => ({
    name,
    metadata: Buffer.from(metadata),
  }));
  member.clientId = request.clientId;
  member.clientHost = request.clientHost;
  member.sessionTimeoutMs = request.sessionTimeoutMs;
  const { rebalanceTimeoutMs } = request;
  member.rebalanceTimeoutMs = rebalanceTimeoutMs > 0 ? rebalanceTimeoutMs : request.sessionTimeoutMs;
  touch(member);
}

export function touch(member: Member): void {
  member.expiresAt = performance.now() + member.sessionTimeoutMs;
}
