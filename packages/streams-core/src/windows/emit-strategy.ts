/**
 * When a windowed aggregation sends its results: at every change, or once for each window, when it has
 * closed, that is when the largest timestamp seen is past its end and the grace.
 */
export type EmitStrategy = 'on-window-update' | 'on-window-close';

/** The strategies under the names Kafka Streams has for them. */
export const EmitStrategy = {
  onWindowUpdate: 'on-window-update',
  onWindowClose: 'on-window-close',
} as const satisfies Readonly<Record<string, EmitStrategy>>;
