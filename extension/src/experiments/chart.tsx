/** A line chart of metrics over steps; the drawing library is loaded with the first chart. */
import * as React from 'react';
import type uPlot from 'uplot';
import { useWorkbench } from '../core/workbench';

export interface ILine {
  label: string;
  points: { step: number; value: number }[];
}

const HEIGHT = 180;
/** Told apart by people who see few colours as well (Okabe and Ito's set). */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#999999'];
const DASHES = [[], [6, 3], [2, 3], [8, 3, 2, 3]];

function aligned(lines: ILine[]): uPlot.AlignedData {
  const steps = [...new Set(lines.flatMap(line => line.points.map(point => point.step)))].sort(
    (a, b) => a - b
  );
  const columns = lines.map(line => {
    const byStep = new Map(line.points.map(point => [point.step, point.value]));
    return steps.map(step => byStep.get(step) ?? null);
  });
  return [steps, ...columns] as uPlot.AlignedData;
}

function theme(node: HTMLElement, name: string): string {
  return getComputedStyle(node).getPropertyValue(name).trim() || '#888';
}

function options(node: HTMLElement, lines: ILine[], language: string, step: string): uPlot.Options {
  const stroke = theme(node, '--jp-ui-font-color1');
  const grid = { stroke: theme(node, '--jp-border-color2'), width: 1 };
  const number = new Intl.NumberFormat(language, { maximumSignificantDigits: 6 });
  const axis = {
    stroke,
    grid,
    ticks: grid,
    values: (_: uPlot, splits: number[]) => splits.map(split => number.format(split))
  };
  return {
    width: Math.max(220, node.clientWidth),
    height: HEIGHT,
    scales: { x: { time: false } },
    axes: [axis, { ...axis, size: 64 }],
    series: [
      { label: step, value: (_: uPlot, raw: number | null) => (raw === null ? '–' : number.format(raw)) },
      ...lines.map((line, index) => ({
        label: line.label,
        stroke: COLOURS[index % COLOURS.length],
        dash: DASHES[Math.floor(index / COLOURS.length) % DASHES.length],
        width: 2,
        spanGaps: true,
        points: { show: line.points.length < 30 },
        value: (_: uPlot, raw: number | null) => (raw === null ? '–' : number.format(raw))
      }))
    ]
  };
}

export function Chart({ title, lines }: { title: string; lines: ILine[] }): React.ReactElement {
  const { language, trans } = useWorkbench();
  const node = React.useRef<HTMLDivElement>(null);
  const key = JSON.stringify(lines);
  React.useEffect(() => {
    let plot: uPlot | undefined;
    let gone = false;
    const draw = async (): Promise<void> => {
      const { default: Plot } = await import('uplot');
      if (!gone && node.current) {
        plot = new Plot(
          options(node.current, lines, language, trans.__('Step')),
          aligned(lines),
          node.current
        );
      }
    };
    void draw();
    const watcher = new ResizeObserver(() => {
      if (plot && node.current?.clientWidth) {
        plot.setSize({ width: Math.max(220, node.current.clientWidth), height: HEIGHT });
      }
    });
    if (node.current) {
      watcher.observe(node.current);
    }
    return () => {
      gone = true;
      watcher.disconnect();
      plot?.destroy();
    };
  }, [key, language, trans]);
  return (
    <figure className="nb-chart">
      <figcaption>{title}</figcaption>
      <div ref={node} role="img" aria-label={trans.__('Chart of %1 over steps', title)} />
    </figure>
  );
}
