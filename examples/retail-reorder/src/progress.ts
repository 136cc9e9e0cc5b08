import { Presets, SingleBar } from 'cli-progress';

/** Shows how far a run has got. */
export interface Progress {
  stage(name: string): void;
  advance(count: number): void;
  set(done: number, total: number): void;
  stop(): void;
}

/** A bar on standard error, so that results can be piped. Without a terminal it prints a line now and then. */
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
  let running = false;
  return {
    stage: (stage) => {
      if (running) bar.update({ stage });
      else bar.start(0, 0, { stage });
      running = true;
    },
    advance: (count) => {
      bar.setTotal(bar.getTotal() + count);
      bar.increment(count);
    },
    set: (done, total) => {
      bar.setTotal(total);
      bar.update(done);
    },
    stop: () => {
      if (running) bar.stop();
      running = false;
    },
  };
}
