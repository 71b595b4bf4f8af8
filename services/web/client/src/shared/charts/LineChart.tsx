/** Lines over the same places, the half hours of a day or instants; arrow keys and the finger read them out. */
import { useEffect, useRef, useState } from "react";
import uPlot from "uplot";
import { useFormat } from "../i18n/useFormat";
import { axisStyle, followFinger, nextIndex, pixelRatio, valueAxis } from "./base";
import classes from "./chart.module.css";

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
  /** Where the values stand on the axis, in ascending order. */
  places: readonly number[];
  /** Distances between marks that look right on this axis. */
  steps: readonly number[];
  tick: (place: number) => string;
  /** The values of one place, in words. */
  describe: (index: number) => string;
}) {
  const { label, lines, places, steps, tick, describe } = props;
  const count = places.length;
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
      scales: { x: { time: false }, y: { range: (_, least, most) => withZero(least, most) } },
      series: [{}, ...lines.map(({ color, dash }) => ({ stroke: color, width: 2, dash }))],
      axes: [
        {
          ...axisStyle,
          size: 34,
          splits: (u) => ticksOf(places, u.bbox.width / pixelRatio() / TICK_ROOM_PX, steps),
          values: (_, splits) => splits.map((place) => drawn.current.tick(place)),
        },
        valueAxis((value) => drawn.current.number(value)),
      ],
      hooks: { setCursor: [(u) => setActive(u.cursor.idx ?? null)] },
    };
    const created = new uPlot(options, [[...places], ...lines.map(({ values }) => values)], target);
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
  }, [lines, places, steps]);

  const pointAt = (index: number | null) => {
    const place = index === null ? undefined : places[index];
    const left = place === undefined ? -10 : (chart.current?.valToPos(place, "x") ?? -10);
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

/** Zero is always in sight, and the greatest values do not touch the frame. */
function withZero(least: number, most: number): [number, number] {
  const bottom = least < 0 ? least * 1.08 : 0;
  return [bottom, most > 0 ? most * 1.08 : bottom < 0 ? 0 : 1];
}

/** Places of the marks: whole steps within the places, of the first step with at most `limit` of them. */
export function ticksOf(places: readonly number[], limit: number, steps: readonly number[]): number[] {
  const first = places[0] ?? 0;
  const last = places.at(-1) ?? 0;
  const step = steps.find((one) => Math.floor((last - first) / one) + 1 <= limit) ?? steps.at(-1) ?? 1;
  const start = Math.ceil(first / step) * step;
  const count = Math.max(0, Math.floor((last - start) / step) + 1);
  return Array.from({ length: count }, (_, index) => start + index * step);
}
