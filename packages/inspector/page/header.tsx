import type { Status } from './connection.ts';
import type { Snapshot } from './data.ts';
import { count, duration, rate } from './format.ts';
import { rateOf } from './history.ts';

interface HeaderProps {
  readonly title: string;
  /** Empty where figures of an app are not known. */
  readonly history: readonly Snapshot[];
  readonly status: Status;
  readonly problem: string;
}

/** What is shown, its state, and the figures that matter first. */
export function Header({ title, history, status, problem }: HeaderProps) {
  const now = history.at(-1);
  const lag = now === undefined ? 0 : Object.values(now.lag).reduce((sum, one) => sum + one, 0);
  return (
    <header>
      <h1>{title}</h1>
      <span class={`state ${now?.health.status ?? ''}`} role="status">
        {status === 'connected' ? (now?.health.status ?? status) : status}
      </span>
      {now !== undefined && (
        <dl class="figures">
          <Figure name="records" value={rate(rateOf(history, ({ processed }) => processed))} />
          <Figure name="lag" value={count(lag)} />
          <Figure name="commit" value={duration(now.commitMs)} />
          <Figure name="end to end p99" value={duration(now.endToEndP99Ms)} />
          <Figure name="dropped" value={count(now.dropped)} />
          <Figure name="late" value={count(now.late)} />
        </dl>
      )}
      <button type="button" class="theme" onClick={switchTheme} aria-label="Light or dark">
        ◐
      </button>
      {status === 'disconnected' && (
        <p class="problem" role="alert">
          The app does not answer{problem === '' ? '' : `: ${problem}`}. Trying again …
        </p>
      )}
      {now !== undefined && now.health.reasons.length > 0 && (
        <p class="problem" role="alert">
          {now.health.reasons.join(' ')}
        </p>
      )}
    </header>
  );
}

function Figure({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function switchTheme(): void {
  const { dataset } = document.documentElement;
  const isDark =
    dataset['theme'] === undefined
      ? matchMedia('(prefers-color-scheme: dark)').matches
      : dataset['theme'] === 'dark';
  dataset['theme'] = isDark ? 'light' : 'dark';
  localStorage.setItem('theme', dataset['theme']);
}
