import type { Metric } from './metric.ts';
import type { PartitionRecords, RecordBatch, RecordList } from './record.ts';
import type { TopicPartition } from './topic-partition.ts';

/** What a log can do beyond the common ground; the runtime chooses its protocol by it. */
export interface LogCapabilities {
  /**
   * Records whose timestamps are older than a topic's `retention.ms`, by the log's own clock, are deleted,
   * however late they were written.
   */
  readonly deletesByAge: boolean;
  /** What is written outlives the process that has it open. */
  readonly isDurable: boolean;
  /**
   * The least time between commits that an app makes because it has caught up, in milliseconds: what a commit
   * costs here.
   */
  readonly commitPauseMs: number;
}

/**
 * A partitioned, replayable, transactional log: all that the runtime knows of one, in Kafka's terms.
 * Readers see committed records only.
 */
export interface LogClient {
  readonly capabilities: LogCapabilities;
  readonly admin: LogAdmin;
  producer(options?: LogProducerOptions): Promise<LogProducer>;
  /**
   * A list that keeps records as this log writes them, so that nothing of them has to be kept as objects, nor
   * to be gone through again, until they are sent. Without it arrays are sent. `expectedBytes` says about how
   * much will be added.
   */
  recordList?(expectedBytes?: number): RecordList;
  /** A reader outside any group: restore, global tables, tools. */
  reader(positions: readonly ReaderPosition[]): Promise<LogReader>;
  /** Joins a consumer group. The member takes part in rebalances while it is being polled. */
  join(options: GroupOptions): Promise<GroupMember>;
  /** What this process has measured of the log since it opened it. Cheap: read at every export. */
  readMetrics?(): Metric[];
  close(): Promise<void>;
}

export interface TopicInfo {
  readonly name: string;
  /** Changes when a topic is deleted and created again under the same name. */
  readonly id: string;
  readonly partitions: number;
  readonly configs: Readonly<Record<string, string>>;
}

export interface CreateTopic {
  readonly name: string;
  readonly partitions: number;
  readonly configs?: Readonly<Record<string, string>>;
}

/** A topic, and how many partitions it is to have in all. */
export interface NewPartitions {
  readonly name: string;
  readonly partitions: number;
}

/** New settings of a topic; null takes one back to its default. Those not named stay. */
export interface TopicAlteration {
  readonly name: string;
  readonly configs: Readonly<Record<string, string | null>>;
}

/** A record found by its time. */
export interface OffsetAtTime {
  readonly offset: number;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
}

export interface CommittedOffset {
  /** The offset of the next record to process. */
  readonly offset: number;
  /** What the committer stored with it, e.g. stream times; at most some kilobytes. */
  readonly metadata: string;
}

export interface OffsetCommit extends CommittedOffset, TopicPartition {}

/** A consumer group as its coordinator knows it. */
export interface GroupInfo {
  readonly group: string;
  /** How many members it has at present. */
  readonly members: number;
  /** What it has committed, in no particular order. */
  readonly committed: readonly OffsetCommit[];
}

/** Whether a group has members, and whether each of them has its partitions. */
export type GroupState = 'empty' | 'rebalancing' | 'stable';

/** A member as its group's coordinator knows it. */
export interface GroupMemberInfo {
  readonly id: string;
  /** What the client calls itself, and where it is; empty for a member in the process of the log. */
  readonly clientId: string;
  readonly host: string;
  readonly partitions: readonly TopicPartition[];
}

/** How far a group is in a partition. */
export interface GroupPartition extends TopicPartition {
  /** The offset of the next record to process; undefined where nothing was committed. */
  readonly committed: number | undefined;
  /** The offset of the next record to be written. */
  readonly end: number;
  /** How many offsets are still to be processed; undefined where nothing was committed. */
  readonly lag: number | undefined;
  /** The member that has it at present. */
  readonly memberId: string | undefined;
}

/** A group with its members, and how far it is in each partition that it has or has committed for. */
export interface GroupDescription {
  readonly group: string;
  readonly state: GroupState;
  readonly members: readonly GroupMemberInfo[];
  /** By topic and partition; topics that are gone are left out. */
  readonly partitions: readonly GroupPartition[];
}

/** A setting of a topic as it is in effect. */
export interface TopicConfig {
  readonly value: string;
  /** Whether nobody has set it for this topic. */
  readonly isDefault: boolean;
}

/** The settings of a topic that are in effect, by name. */
export type EffectiveConfigs = Readonly<Record<string, TopicConfig>>;

export interface OffsetsOptions {
  /**
   * Waits for transactions that are under way, so that everything committed before the call lies before
   * `end`. Without it a commit that has just been acknowledged may take a moment to show.
   */
  readonly awaitTransactions?: boolean;
}

export interface LogAdmin {
  /** The named topics that exist, or all of them. */
  topics(names?: readonly string[]): Promise<Map<string, TopicInfo>>;
  /**
   * Creates topics; one that exists with as many partitions, or is named twice, is left as it is.
   * @throws LogError `LOG_TOPIC_EXISTS`, `LOG_INVALID_TOPIC`, `LOG_INVALID_CONFIG`
   */
  createTopics(topics: readonly CreateTopic[]): Promise<void>;
  /**
   * Gives topics more partitions than they have. @throws LogError `LOG_UNKNOWN_TOPIC`, `LOG_INVALID_TOPIC`
   */
  createPartitions(topics: readonly NewPartitions[]): Promise<void>;
  deleteTopics(names: readonly string[]): Promise<void>;
  /** Changes settings of topics. @throws LogError `LOG_UNKNOWN_TOPIC`, `LOG_INVALID_CONFIG` */
  alterTopics(alterations: readonly TopicAlteration[]): Promise<void>;
  /**
   * By topic and name the settings in effect, with the log's defaults. @throws LogError `LOG_UNKNOWN_TOPIC`
   */
  effectiveConfigs(names: readonly string[]): Promise<Map<string, EffectiveConfigs>>;
  /**
   * What partitions take on their device, in bytes, in the order asked for.
   * @throws LogError `LOG_UNKNOWN_TOPIC`
   */
  sizes(partitions: readonly TopicPartition[]): Promise<number[]>;
  /**
   * For each partition the first record whose timestamp is at or after the one given, in the order asked for;
   * undefined where there is none. @throws LogError `LOG_UNKNOWN_TOPIC`
   */
  offsetsForTimes(
    at: readonly (TopicPartition & { readonly timestamp: number })[],
  ): Promise<(OffsetAtTime | undefined)[]>;
  /** First and next offset of each partition, in the order asked for. @throws LogError `LOG_UNKNOWN_TOPIC` */
  offsets(
    partitions: readonly TopicPartition[],
    options?: OffsetsOptions,
  ): Promise<{ readonly start: number; readonly end: number }[]>;
  /** What a group has committed, in the order asked for; undefined where nothing was. */
  committed(group: string, partitions: readonly TopicPartition[]): Promise<(CommittedOffset | undefined)[]>;
  /** All groups that have members or have committed something, with what they have committed. */
  groups(): Promise<GroupInfo[]>;
  /** One group with its members and its lag; undefined for one that is not there. */
  describeGroup(group: string): Promise<GroupDescription | undefined>;
  /** Forgets groups and all that they committed. @throws LogError `LOG_FENCED` for a group with members */
  deleteGroups(names: readonly string[]): Promise<void>;
  /**
   * Forgets what a group committed for some partitions. @throws LogError `LOG_FENCED` for a group with
   * members
   */
  deleteOffsets(group: string, partitions: readonly TopicPartition[]): Promise<void>;
  /** Moves the start of partitions forward; earlier records are gone for readers at once. */
  deleteRecords(before: readonly (TopicPartition & { readonly offset: number })[]): Promise<void>;
}

/** Records of many partitions and consumer offsets that become visible together or never. */
export interface LogTransaction {
  readonly records: readonly PartitionRecords[];
  readonly offsets?: {
    readonly group: string;
    /** Who commits. Left out only by tools, for a group without members. */
    readonly member?: GroupGeneration;
    readonly commits: readonly OffsetCommit[];
  };
}

export interface LogProducerOptions {
  /** Every earlier producer of the same id is fenced. */
  readonly transactionalId?: string;
  /** What the id begins with that a producer makes up for itself, where a log needs one. */
  readonly name?: string;
}

export interface LogProducer {
  /**
   * Appends a transaction as one. Resolves, once it is as durable as the log is configured to make it, to the
   * offset of the first record of each entry of `records`, in their order.
   * @throws LogError `LOG_FENCED`, `LOG_UNKNOWN_TOPIC`, `LOG_TOO_LARGE`, `LOG_FULL`, `LOG_READ_ONLY`,
   * `LOG_CLOSED`
   */
  commit(transaction: LogTransaction): Promise<number[]>;
  /**
   * Appends records without a transaction: each partition's records in order, nothing promised across
   * partitions.
   */
  send(records: readonly PartitionRecords[]): Promise<number[]>;
  close(): Promise<void>;
}

export interface PollOptions {
  /** How long to wait for a first record, in milliseconds. */
  readonly maxWaitMs: number;
  /** About how many records to return at most; whole batches are kept together. */
  readonly maxRecords: number;
  /** About how many bytes to return at most, a record or a batch at least. Default: no limit. */
  readonly maxBytes?: number;
}

export interface ReaderPosition extends TopicPartition {
  readonly offset: number;
}

export interface LogReader {
  /**
   * Records past the current position of every partition that is not paused, and moves the positions past
   * them.
   */
  poll(options: PollOptions): Promise<RecordBatch[]>;
  seek(partition: TopicPartition, offset: number): void;
  pause(partition: TopicPartition): void;
  resume(partition: TopicPartition): void;
  /** How many records could be polled now beyond the position; undefined while that is not known yet. */
  lag(partition: TopicPartition): number | undefined;
  close(): Promise<void>;
}

/** What tells a group whether a commit is from one who is still its member. */
export interface GroupGeneration {
  readonly memberId: string;
  /** It may go on with the group, as long as the member is the same. */
  readonly generation: number;
  /** The group may be further already: a commit that is refused for its generation is to be tried again. */
  readonly isChanging?: boolean;
}

/** A consumer group's member. Newly assigned partitions start paused: `seek` and `resume` them. */
export interface GroupMember extends LogReader {
  readonly generation: GroupGeneration;
  /** Commits offsets alone. @throws LogError `LOG_FENCED` when a partition has gone to another member */
  commit(offsets: readonly OffsetCommit[]): Promise<void>;
  /** Asks for another assignment, because what this member says of itself, its user data, has changed. */
  rejoin(): void;
  /** Leaves the group; the caller has committed what it wants kept. */
  close(): Promise<void>;
}

export interface AssignorMember {
  readonly id: string;
  readonly topics: readonly string[];
  readonly userData: Uint8Array;
  /** What this member owns at present. */
  readonly owned: readonly TopicPartition[];
}

export type Assignment = Map<string, readonly TopicPartition[]>;

/** Decides who owns what. It must be pure: it runs on one member for the whole group. */
export interface Assignor {
  readonly name: string;
  assign(members: readonly AssignorMember[], partitions: ReadonlyMap<string, number>): Assignment;
  /** User data for each member by id, sent with its assignment. Called after `assign`, with its result. */
  userData?(members: readonly AssignorMember[], assignment: Assignment): ReadonlyMap<string, Uint8Array>;
}

export interface GroupOptions {
  readonly group: string;
  readonly topics: readonly string[];
  readonly assignor: Assignor;
  /** What other members' assignors get to see of this one. */
  readonly userData?: Uint8Array;
  /** A member that does not poll for this long loses its partitions. In milliseconds. */
  readonly maxPollIntervalMs: number;
  /** Awaited within `poll`, before the partitions go to another member: commit and close here. */
  onRevoked(partitions: readonly TopicPartition[]): Promise<void>;
  /** Awaited within `poll`: restore, seek and resume here. */
  onAssigned(partitions: readonly TopicPartition[]): Promise<void>;
  /**
   * Called from `poll` with this member's user data, before `onRevoked` and `onAssigned` of the same
   * assignment.
   */
  onUserData?(userData: Uint8Array): void;
  /** The partitions have already gone to others: drop all work on them, commit nothing. */
  onLost(partitions: readonly TopicPartition[]): Promise<void>;
}
