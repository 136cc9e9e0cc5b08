import { Presets, SingleBar } from 'cli-progress';

/** Shows how far a run has got. */
export interface Progress {
  stage(name: string): void;
  advance(count: number): void;
  set(done: number, total: number): void;
  stop(): void;
}

/**
 * A bar on standard error, so that results can be piped. Without a terminal it prints a line now and then.
 */
export function progressBar(): Progress {
  const bar = new SingleBar(
    {
      format: '{stage} {bar} {percentage}% | {value}/{total} records',
      noTTYOutput: true,
      notTTYSchedule: 5000,
      clearOnComplete: false,
    },
    Presets.shades_classic,
  );
  let [name, running] = ['', false];
  const show = (done: number, total: number): void => {
    if (!running) bar.start(total, done, { stage: name });
    running = true;
    bar.setTotal(total);
    bar.update(done);
  };
  const stop = (): void => {
    if (running) bar.stop();
    running = false;
  };
  let loaded = 0;
  return {
    stage: (stage) => {
      stop();
      name = stage;
    },
    advance: (count) => {
      loaded += count;
      show(loaded, loaded);
    },
    set: show,
    stop,
  };
}
