import { BehaviorSubject, type Observable } from 'rxjs';
import { StreamsError } from '../../errors.ts';

/** What an app is doing. `running`: all its tasks are restored and at work. */
export type AppState = 'created' | 'rebalancing' | 'running' | 'error' | 'closed';

const transitions: Readonly<Record<AppState, readonly AppState[]>> = {
  created: ['rebalancing', 'error', 'closed'],
  rebalancing: ['running', 'error', 'closed'],
  running: ['rebalancing', 'error', 'closed'],
  error: ['closed'],
  closed: [],
};

/** An app's state: the only place where it changes. */
export class AppStateMachine {
  readonly #subject = new BehaviorSubject<AppState>('created');
  readonly state$: Observable<AppState> = this.#subject.asObservable();

  get current(): AppState {
    return this.#subject.value;
  }

  /** @throws StreamsError `APP_STATE` for a change that cannot be */
  to(next: AppState): void {
    const { current } = this;
    if (current === next) return;
    if (!transitions[current].includes(next)) {
      throw new StreamsError('APP_STATE', `An app that is ${current} cannot become ${next}`);
    }
    this.#subject.next(next);
    if (next === 'closed') this.#subject.complete();
  }
}
