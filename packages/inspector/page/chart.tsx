import { useEffect, useRef } from 'preact/hooks';
import UPlot from 'uplot';
import type { Snapshot } from './data.ts';

export interface ChartProps {
  readonly history: readonly Snapshot[];
  readonly values: (history: readonly Snapshot[]) => (number | null)[];
  readonly label: string;
}

const height = 120;

/** A canvas takes colours as they are computed, not as the style sheet has them. */
function colourOf(element: Element): string {
  return getComputedStyle(element).color;
}

/** A figure over the last minutes. */
export function Chart({ history, values, label }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot | undefined>(undefined);
  const data: UPlot.AlignedData = [history.map(({ at }) => at / 1000), values(history)];
  useEffect(() => {
    const soft = colourOf(place.current!.previousElementSibling!);
    const made = new UPlot(
      {
        width: place.current!.clientWidth,
        height,
        legend: { show: false },
        cursor: { show: false },
        axes: [{ stroke: soft }, { stroke: soft, size: 64 }],
        series: [{}, { stroke: colourOf(place.current!), width: 2 }],
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
      <div ref={place} class="plot" role="img" aria-label={`${label}, over the last minutes`} />
    </figure>
  );
}
