import { SessionWindows, SlidingWindows, TimeWindows, UnlimitedWindows } from '@millrace/streams-core';
import type { Op } from './schema.ts';

/** The windows that a scenario describes. */
export function windowsOf(window: Extract<Op, { op: 'windowedBy' }>['window']) {
  switch (window.type) {
    case 'time':
      return TimeWindows.of(window.sizeMs).advanceBy(window.advanceMs).grace(window.graceMs);
    case 'sliding':
      return SlidingWindows.of(window.diffMs).grace(window.graceMs);
    case 'session':
      return SessionWindows.of(window.gapMs).grace(window.graceMs);
    case 'unlimited':
      return UnlimitedWindows.of().startOn(window.startMs);
  }
}
