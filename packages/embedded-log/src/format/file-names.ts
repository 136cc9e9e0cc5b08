export const checkpointSlots = ['checkpoint-a', 'checkpoint-b'] as const;

export function journalName(id: number): string {
  return `journal-${String(id).padStart(10, '0')}`;
}

export function segmentName(topicId: number, partition: number, baseOffset: number): string {
  return `segment-${topicId}-${partition}-${String(baseOffset).padStart(16, '0')}`;
}

/** The number of a journal file, or undefined for any other name. */
export function journalIdOf(name: string): number | undefined {
  const match = /^journal-(\d{10})$/.exec(name);
  return match === null ? undefined : Number(match[1]);
}

export function isSegmentName(name: string): boolean {
  return /^segment-\d+-\d+-\d{16}$/.test(name);
}
