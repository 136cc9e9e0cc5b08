/** What a schedule or a timer is compared with. */
export type PunctuationType = 'stream-time' | 'wall-clock-time';
