import type { Step, StepDrop, StepFailure, StepNode, StepResult, StepRow } from './step.ts';

/** A result's way through one sub-topology. */
export interface ExplainedPart {
  readonly step: number;
  /** From the source, or what went off by itself, to the sink. */
  readonly nodes: readonly StepNode[];
  /** Rows that the step changed in stores of these nodes. */
  readonly rows: readonly StepRow[];
  readonly result: StepResult;
}

/** Why a result is what it is. As text: one line for each node. */
export interface Explanation {
  /** What set off the step that made it. */
  readonly step: Step;
  /** One for each sub-topology on the way, the first of which read the record from outside. */
  readonly parts: readonly ExplainedPart[];
  /** What nodes left out, and what failed, in the step that made it. */
  readonly leftOut: readonly (StepDrop | StepFailure)[];
  toString(): string;
}

/** Where a result stands: the place of a record in an output topic. */
export interface ResultPlace {
  readonly topic: string;
  readonly offset: number;
}
