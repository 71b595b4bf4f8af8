/** The drift of a clock as a line and as one number a day. Pure. */
import { type Day, localDay } from "../../shared/time/zone";

interface Drift {
  times: readonly string[];
  drift_seconds: readonly number[];
}

/** Zero in the middle, the greatest drift at the edge; positions by time. For the `points` of an SVG polyline. */
export function linePoints(
  { times, drift_seconds: drift }: Drift,
  box: { width: number; height: number },
): string {
  const instants = times.map((time) => Date.parse(time));
  const first = instants[0] ?? 0;
  const span = Math.max(1, (instants.at(-1) ?? 0) - first);
  const greatest = Math.max(1, ...drift.map(Math.abs));
  return instants
    .map((instant, index) => {
      const x = ((instant - first) / span) * box.width;
      const y = box.height / 2 - ((drift[index] ?? 0) / greatest) * (box.height / 2 - 2);
      return `${x.toFixed(1)},${y.toFixed(1)}`;
    })
    .join(" ");
}

/** Of each local day the drift that is furthest from zero, newest day first. */
export function byLocalDay({ times, drift_seconds: drift }: Drift, zone: string): [Day, number][] {
  const days = new Map<Day, number>();
  times.forEach((time, index) => {
    const day = localDay(Date.parse(time), zone);
    const seconds = drift[index] ?? 0;
    if (Math.abs(seconds) >= Math.abs(days.get(day) ?? 0)) days.set(day, seconds);
  });
  return [...days].reverse();
}
