import { requireNow } from '@millrace/log-client/platform';

/** Of RxJS, whose own modules take as long to load as all of ours: only what makes observables needs it. */
export function rxjs(): typeof import('rxjs') {
  return requireNow<typeof import('rxjs')>('rxjs', import.meta.url);
}
