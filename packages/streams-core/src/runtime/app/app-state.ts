import type { BehaviorSubject, Observable } from 'rxjs';
import { StreamsError } from '../../errors.ts';
import { rxjs } from '../../record/rxjs.ts';

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
  readonly #listeners: ((state: AppState) => void)[] = [];
  #current: AppState = 'created';
  #subject: BehaviorSubject<AppState> | undefined;

  get current(): AppState {
    return this.#current;
  }

  /** The state, and each that follows. */
  get state$(): Observable<AppState> {
    if (this.#subject === undefined) {
      this.#subject = new (rxjs().BehaviorSubject)(this.#current);
      if (this.#current === 'closed') this.#subject.complete();
    }
    return this.#subject.asObservable();
  }

  /** Called after each change. */
  onChange(listener: (state: AppState) => void): void {
    this.#listeners.push(listener);
  }

  /** @throws StreamsError `APP_STATE` for a change that cannot be */
  to(next: AppState): void {
    const { current } = this;
    if (current === next) return;
    if (!transitions[current].includes(next)) {
      throw new StreamsError('APP_STATE', `An app that is ${current} cannot become ${next}`);
    }
    this.#current = next;
    for (const listener of this.#listeners) listener(next);
    this.#subject?.next(next);
    if (next === 'closed') this.#subject?.complete();
  }
}
