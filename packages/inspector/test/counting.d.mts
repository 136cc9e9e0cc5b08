import type { Topology } from '@millrace/streams-core';

export function countingTopology(): Topology;
