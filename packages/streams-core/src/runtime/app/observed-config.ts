import type { StateRestoreListener } from '../../handlers.ts';
import type { ResolvedConfig } from '../config.ts';
import type { Recorder } from '../metrics/recorder.ts';
import type { AppEvents } from './app-events.ts';

/** An app's config whose handlers and listeners are measured and logged before they are called. */
export function observedConfig(
  config: ResolvedConfig,
  recorder: Recorder,
  events: AppEvents,
): ResolvedConfig {
  const { droppedRecordHandler, stateRestoreListener } = config;
  return {
    ...config,
    droppedRecordHandler: (dropped) => {
      events.skipped(dropped);
      return droppedRecordHandler(dropped);
    },
    stateRestoreListener: restoreListeners([
      recorder.restoreListener,
      events.restoreListener,
      stateRestoreListener,
    ]),
  };
}

/** One listener that calls several. */
function restoreListeners(listeners: readonly StateRestoreListener[]): StateRestoreListener {
  return {
    onRestoreStart: (restore) => {
      for (const listener of listeners) listener.onRestoreStart?.(restore);
    },
    onBatchRestored: (restore, offset, records) => {
      for (const listener of listeners) listener.onBatchRestored?.(restore, offset, records);
    },
    onRestoreEnd: (restore, records) => {
      for (const listener of listeners) listener.onRestoreEnd?.(restore, records);
    },
  };
}
