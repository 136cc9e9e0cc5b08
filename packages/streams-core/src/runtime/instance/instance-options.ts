import type { Topology } from '../../topology/built/topology.ts';
import type { StreamsMetadata } from '../assign/streams-metadata.ts';
import type { ResolvedConfig } from '../config.ts';
import type { Recorder } from '../metrics/recorder.ts';
import type { Task } from '../task/task.ts';
import type { ReadPositions } from '../topics/open-inputs.ts';

/** What an instance tells the app that it is one life of. */
export interface InstanceEvents {
  /** Tasks come or go. */
  readonly onRebalance: () => void;
  /** A round is over: all tasks are restored and at work. */
  readonly onRound: () => void;
  /** A commit stands. */
  readonly onCommit: () => void;
  /** The group has agreed on who does what; `you` is this instance's place. */
  readonly onInstances: (instances: readonly StreamsMetadata[], you: number) => void;
  /** These tasks are about to be closed. */
  readonly onClosing: (tasks: readonly Task[]) => void;
}

export interface InstanceOptions extends InstanceEvents {
  readonly topology: Topology;
  readonly config: ResolvedConfig;
  readonly positions: ReadPositions;
  /** The stores that queries ask for; more may come. */
  readonly queried: ReadonlySet<string>;
  readonly recorder: Recorder;
  readonly isPaused: (subTopology: number) => boolean;
  /** Whether nothing more is to be read of the input topics. */
  readonly isDraining: () => boolean;
  /** Ends joining and restoring before they are done. */
  readonly signal: AbortSignal;
}
