/** Lines over the same places, such as the half hours of a day; arrow keys and the finger read them out. */
import { useEffect, useRef, useState } from "react";
import uPlot from "uplot";
import { axisStyle, followFinger, nextIndex, pixelRatioOf, valueAxis } from "../../shared/charts/base";
import { useFormat } from "../../shared/i18n/useFormat";
import classes from "./analysis.module.css";

export interface Line {
  name: string;
  color: string;
  /** Lengths of strokes and holes, so that a line can be told without its colour; none for a whole line. */
  dash: number[];
  /** A null is a hole in the line, never a zero. */
  values: (number | null)[];
}

const HEIGHT_PX = 240;
const TICK_ROOM_PX = 46;

export function LineChart(props: {
  /** What the chart shows, for who cannot see it. */
  label: string;
  lines: Line[];
  count: number;
  /** Distances between marks that look right on this axis. */
  steps: readonly number[];
  tick: (index: number) => string;
  /** The values of one place, in words. */
  describe: (index: number) => string;
}) {
  const { label, lines, count, steps, tick, describe } = props;
  const format = useFormat();
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const [active, setActive] = useState<number | null>(null);
  const drawn = useRef({ tick, number: format.number });
  drawn.current = { tick, number: format.number };

  useEffect(() => {
    const target = box.current;
    if (target === null) return;
    const size = () => ({ width: target.clientWidth, height: HEIGHT_PX });
    const options: uPlot.Options = {
      ...size(),
      padding: [12, 14, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false, setScale: false } },
      scales: { x: { time: false }, y: { range: (_, __, most) => [0, most > 0 ? most * 1.08 : 1] } },
      series: [{}, ...lines.map(({ color, dash }) => ({ stroke: color, width: 2, dash }))],
      axes: [
        {
          ...axisStyle,
          size: 34,
          splits: (u) => ticksOf(count, u.bbox.width / pixelRatioOf(u) / TICK_ROOM_PX, steps),
          values: (_, splits) => splits.map((index) => drawn.current.tick(index)),
        },
        valueAxis((value) => drawn.current.number(value)),
      ],
      hooks: { setCursor: [(u) => setActive(u.cursor.idx ?? null)] },
    };
    const places = Array.from({ length: count }, (_, index) => index);
    const created = new uPlot(options, [places, ...lines.map(({ values }) => values)], target);
    followFinger(created);
    chart.current = created;
    const observer = new ResizeObserver(() => created.setSize(size()));
    observer.observe(target);
    return () => {
      observer.disconnect();
      created.destroy();
      chart.current = null;
      setActive(null);
    };
  }, [lines, count, steps]);

  const pointAt = (index: number | null) => {
    const left = index === null ? -10 : (chart.current?.valToPos(index, "x") ?? -10);
    chart.current?.setCursor({ left, top: 10 });
  };
  return (
    <>
      <div
        ref={box}
        className={classes.chart}
        role="slider"
        tabIndex={0}
        aria-label={label}
        aria-orientation="horizontal"
        aria-valuemin={0}
        aria-valuemax={count - 1}
        aria-valuenow={active ?? 0}
        aria-valuetext={describe(active ?? 0)}
        onBlur={() => pointAt(null)}
        onKeyDown={(event) => {
          const index = nextIndex(event.key, active, count);
          if (index === null) return;
          event.preventDefault();
          pointAt(index);
        }}
      />
      <p className={classes.readout}>{active === null ? "" : describe(active)}</p>
      <ul className={classes.legend}>
        {lines.map(({ name, color, dash }) => (
          <li key={name}>
            <svg width="28" height="8" viewBox="0 0 28 8" aria-hidden="true">
              <path d="M0 4h28" stroke={color} strokeWidth="2.5" strokeDasharray={dash.join(" ")} />
            </svg>
            {name}
          </li>
        ))}
      </ul>
    </>
  );
}

/** Places of the marks from the first on, at most `limit` of them. */
export function ticksOf(count: number, limit: number, steps: readonly number[]): number[] {
  const step = steps.find((one) => count / one <= limit) ?? steps.at(-1) ?? 1;
  return Array.from({ length: Math.ceil(count / step) }, (_, index) => index * step);
}
