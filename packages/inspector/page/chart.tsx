import { useEffect, useRef } from 'preact/hooks';
import UPlot from 'uplot';
import type { Snapshot } from './data.ts';

export interface ChartProps {
  readonly history: readonly Snapshot[];
  readonly values: (history: readonly Snapshot[]) => (number | null)[];
  readonly label: string;
}

const height = 120;

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** A figure over the last minutes. */
export function Chart({ history, values, label }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot | undefined>(undefined);
  const data: UPlot.AlignedData = [history.map(({ at }) => at / 1000), values(history)];
  useEffect(() => {
    const made = new UPlot(
      {
        width: place.current!.clientWidth,
        height,
        legend: { show: false },
        cursor: { show: false },
        axes: [{ stroke: colour('--soft') }, { stroke: colour('--soft'), size: 64 }],
        series: [{}, { stroke: colour('--accent'), width: 2 }],
      },
      data,
      place.current!,
    );
    plot.current = made;
    const resized = new ResizeObserver(() =>
      made.setSize({ width: place.current?.clientWidth ?? 0, height }),
    );
    resized.observe(place.current!);
    return () => {
      resized.disconnect();
      made.destroy();
    };
  }, []);
  useEffect(() => plot.current?.setData(data));
  return (
    <figure>
      <figcaption>{label}</figcaption>
      <div ref={place} role="img" aria-label={`${label}, over the last minutes`} />
    </figure>
  );
}
