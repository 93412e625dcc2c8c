/** A plot by uPlot that follows the width of its container and the colours of the page. */

import type { JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';

import { useScheme } from './hooks.js';

export interface PlotProps {
  readonly label: string;
  readonly height: number;
  readonly data: uPlot.AlignedData;
  /** Called again when the colours change. */
  readonly options: (colour: (name: string) => string) => Omit<uPlot.Options, 'width' | 'height'>;
}

export function Plot({ label, height, data, options }: PlotProps): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const scheme = useScheme();
  const content = JSON.stringify(data);
  useLayoutEffect(() => {
    const box = place.current;
    if (box === null) return;
    const style = getComputedStyle(box);
    const colour = (name: string): string => style.getPropertyValue(`--${name}`).trim();
    const size = (): { width: number; height: number } => ({ width: box.clientWidth, height });
    const plot = new uPlot({ ...options(colour), ...size() }, data, box);
    const observer = new ResizeObserver(() => plot.setSize(size()));
    observer.observe(box);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [content, scheme, height]);
  return <div class="plot" ref={place} role="img" aria-label={label} />;
}

/** Axes without a box, in the colours of the text. */
export function axisOf(
  colour: (name: string) => string,
  more: Partial<uPlot.Axis> = {},
): uPlot.Axis {
  return {
    stroke: colour('muted'),
    font: '11px system-ui, sans-serif',
    grid: { stroke: colour('line'), width: 1 },
    ticks: { show: false },
    ...more,
  };
}
