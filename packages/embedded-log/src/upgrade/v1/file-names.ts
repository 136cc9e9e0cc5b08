export function segmentNameV1(topicId: number, partition: number, baseOffset: number): string {
  return `segment-${topicId}-${partition}-${String(baseOffset).padStart(16, '0')}`;
}

export function isSegmentNameV1(name: string): boolean {
  return /^segment-\d+-\d+-\d{16}$/.test(name);
}
