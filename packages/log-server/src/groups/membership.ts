import { Refusal } from '@millrace/embedded-log/raw';
import {
  errorCodes,
  findCoordinatorApi,
  heartbeatApi,
  joinGroupApi,
  leaveGroupApi,
  syncGroupApi,
} from '@millrace/kafka-protocol/messages';
import { outcomeOf, failureOf } from '../error-code.ts';
import { handler, nodeId } from '../handler.ts';
import { MemberIdRequired } from './group-member.ts';

/** From this version on a list of keys is asked for. */
const listOfKeys = 4;
/** From this version on a client that has no id yet gets one first. */
const idRequired = 4;
/** From this version on the protocol may be null. */
const nullableProtocol = 7;
/** From this version on several members may leave at once. */
const listOfMembers = 3;
const noGeneration = -1;
const sessionTimeouts = { min: 100, max: 1_800_000 } as const;

export const handleFindCoordinator = handler(
  findCoordinatorApi,
  ({ key, coordinatorKeys }, { version, host, port }) => {
    const here = { errorCode: errorCodes.NONE, errorMessage: null, nodeId, host, port };
    return version >= listOfKeys
      ? { coordinators: coordinatorKeys.map((one) => ({ key: one, ...here })) }
      : { ...here, key };
  },
);

export const handleJoinGroup = handler(
  joinGroupApi,
  async (request, { log, version, clientId, clientHost }) => {
    const { groupId, memberId, sessionTimeoutMs } = request;
    try {
      if (sessionTimeoutMs < sessionTimeouts.min || sessionTimeoutMs > sessionTimeouts.max) {
        throw new Refusal('INVALID_SESSION_TIMEOUT', `${sessionTimeoutMs} ms`);
      }
      const group = log.groups.groupToJoin(groupId);
      const joined = await group.join(
        { ...request, clientId, clientHost },
        { needsId: version >= idRequired },
      );
      const { protocolType } = group;
      return {
        errorCode: errorCodes.NONE,
        ...joined,
        ...(version >= nullableProtocol ? { protocolType } : {}),
        ...(version >= 9 ? {} : { skipAssignment: false }),
      };
    } catch (error) {
      const { errorCode } = failureOf(error);
      return {
        errorCode,
        generationId: noGeneration,
        protocolName: version >= nullableProtocol ? null : '',
        leader: '',
        memberId: error instanceof MemberIdRequired ? error.memberId : memberId,
        members: [],
      };
    }
  },
);

export const handleSyncGroup = handler(syncGroupApi, async (request, { log, version }) => {
  const { groupId, assignments, protocolType, protocolName } = request;
  try {
    const group = log.groups.known(groupId);
    if (group === undefined) throw new Refusal('UNKNOWN_MEMBER_ID', groupId);
    group.assertMember(request);
    const isOther = (given: string | null, own: string): boolean => given !== null && given !== own;
    if (isOther(protocolType, group.protocolType) || isOther(protocolName, group.protocolName)) {
      throw new Refusal('INCONSISTENT_GROUP_PROTOCOL', groupId);
    }
    const assignment = await group.sync(request, assignments);
    const protocol =
      version >= 5 ? { protocolType: group.protocolType, protocolName: group.protocolName } : {};
    return { errorCode: errorCodes.NONE, assignment, ...protocol };
  } catch (error) {
    return { errorCode: failureOf(error).errorCode, assignment: Buffer.alloc(0) };
  }
});

export const handleHeartbeat = handler(heartbeatApi, async (request, { log }) => {
  const { errorCode } = await outcomeOf(() => {
    const group = log.groups.known(request.groupId);
    if (group === undefined) throw new Refusal('UNKNOWN_MEMBER_ID', request.groupId);
    group.heartbeat(request);
  });
  return { errorCode };
});

export const handleLeaveGroup = handler(
  leaveGroupApi,
  async ({ groupId, memberId, members }, { log, version }) => {
    const leaving = version >= listOfMembers ? members : [{ memberId, groupInstanceId: null }];
    const left = await Promise.all(
      leaving.map(async ({ memberId: id, groupInstanceId }) => {
        const { errorCode } = await outcomeOf(() => {
          const group = log.groups.known(groupId);
          if (group === undefined) throw new Refusal('UNKNOWN_MEMBER_ID', groupId);
          group.leave(id, groupInstanceId);
        });
        return { memberId: id, groupInstanceId, errorCode };
      }),
    );
    if (version < listOfMembers) return { errorCode: left[0]!.errorCode };
    return { errorCode: errorCodes.NONE, members: left };
  },
);
