import {
  consumerGroupDescribeApi,
  deleteGroupsApi,
  describeGroupsApi,
  errorCodes,
  listGroupsApi,
} from '@millrace/kafka-protocol/messages';
import { outcomeOf, failure, noFailure } from '../error-code.ts';
import { handler, type ServedLog } from '../handler.ts';
import type { ClassicGroup } from './classic-group.ts';

const consumer = 'consumer';
const classic = 'classic';
const nothing = Buffer.alloc(0);
/** From this version on a group that is not there is an error. */
const absentIsError = 6;

function stateOf({ groups }: ServedLog, name: string): string {
  return groups.known(name)?.state ?? 'Empty';
}

function describe({ name, state, protocolType, protocolName, members }: ClassicGroup) {
  return {
    groupId: name,
    groupState: state,
    protocolType: protocolType || consumer,
    protocolData: state === 'Stable' ? protocolName : '',
    members: members.map(({ id, groupInstanceId, clientId, clientHost, protocols, assignment }) => ({
      memberId: id,
      groupInstanceId,
      clientId,
      clientHost,
      memberMetadata:
        state === 'Stable'
          ? (protocols.find((one) => one.name === protocolName)?.metadata ?? nothing)
          : nothing,
      memberAssignment: state === 'Stable' ? assignment : nothing,
    })),
  };
}

export const handleDescribeGroups = handler(describeGroupsApi, ({ groups }, { log, version }) => ({
  groups: groups.map((name) => {
    if (log.groups.exists(name)) {
      const { errorCode } = noFailure;
      return { errorCode, ...withoutInstanceIds(describe(log.groups.group(name)), version) };
    }
    const absent =
      version >= absentIsError ? failure('GROUP_ID_NOT_FOUND', `Group ${name} not found.`) : undefined;
    const dead = { groupId: name, groupState: 'Dead', protocolType: '', protocolData: '', members: [] };
    return { errorCode: errorCodes.NONE, ...absent, ...dead };
  }),
}));

/** Before version 4 a member's static name has no place. */
function withoutInstanceIds(
  group: ReturnType<typeof describe>,
  version: number,
): ReturnType<typeof describe> {
  if (version >= 4) return group;
  return { ...group, members: group.members.map((member) => ({ ...member, groupInstanceId: null })) };
}

export const handleListGroups = handler(listGroupsApi, ({ statesFilter, typesFilter }, { log }) => {
  const states = statesFilter.map((state) => state.toLowerCase());
  const types = typesFilter.map((type) => type.toLowerCase());
  const groups = log.groups
    .names()
    .map((name) => ({
      groupId: name,
      protocolType: log.groups.known(name)?.protocolType || consumer,
      groupState: stateOf(log, name),
      groupType: classic,
    }))
    .filter(({ groupState }) => states.length === 0 || states.includes(groupState.toLowerCase()))
    .filter(() => types.length === 0 || types.includes(classic));
  return { errorCode: errorCodes.NONE, groups };
});

export const handleDeleteGroups = handler(deleteGroupsApi, async ({ groupsNames }, { log }) => ({
  results: await Promise.all(
    groupsNames.map(async (groupId) => {
      if (!log.groups.exists(groupId)) return { groupId, errorCode: errorCodes.GROUP_ID_NOT_FOUND };
      const { errorCode } = await outcomeOf(() => log.admin.deleteGroups([groupId]));
      if (errorCode === errorCodes.NONE) log.groups.forget(groupId);
      return { groupId, errorCode };
    }),
  ),
}));

/** Groups of the newer kind are not served: tools ask in this way first, and then in the other. */
export const handleConsumerGroupDescribe = handler(consumerGroupDescribeApi, ({ groupIds }) => ({
  groups: groupIds.map((groupId) => ({
    ...failure('GROUP_ID_NOT_FOUND', `Group ${groupId} is not a consumer group of the new kind.`),
    groupId,
    groupState: '',
    groupEpoch: 0,
    assignmentEpoch: 0,
    assignorName: '',
    members: [],
  })),
}));
