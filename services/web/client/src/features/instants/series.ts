/** Readings of power as a line in time, which is broken where nothing was read for long. Pure. */
import type { Instants } from "../../shared/api/types";

export interface PowerLine {
  /** Seconds since 1970 UTC. */
  places: number[];
  /** Null where the line is broken, and where a reading had no power. */
  powers: (number | null)[];
}

/** So many usual distances between two readings without one are a hole: a single lost reading is none. */
const HOLE = 3;

export function powerLine({ times, power_w: powers }: Instants["history"]): PowerLine {
  const instants = times.map((time) => Date.parse(time) / 1000);
  const longest = HOLE * usualDistance(instants);
  const line: PowerLine = { places: [], powers: [] };
  instants.forEach((instant, index) => {
    const before = instants[index - 1];
    if (before !== undefined && instant - before > longest) {
      line.places.push((before + instant) / 2);
      line.powers.push(null);
    }
    line.places.push(instant);
    line.powers.push(powers[index] ?? null);
  });
  return line;
}

export interface Range {
  least: { at: number; powerW: number };
  greatest: { at: number; powerW: number };
}

/** The least and the greatest power, each with its first instant; null if no power was read. */
export function rangeOf({ places, powers }: PowerLine): Range | null {
  let range: Range | null = null;
  powers.forEach((powerW, index) => {
    const at = places[index];
    if (powerW === null || at === undefined) return;
    const here = { at, powerW };
    range = {
      least: range === null || powerW < range.least.powerW ? here : range.least,
      greatest: range === null || powerW > range.greatest.powerW ? here : range.greatest,
    };
  });
  return range;
}

/** The middle one of the distances, in seconds; no distance is too long where there are no two readings. */
function usualDistance(instants: readonly number[]): number {
  const distances = instants.slice(1).map((instant, index) => instant - (instants[index] ?? instant));
  distances.sort((one, other) => one - other);
  return distances[Math.floor(distances.length / 2)] ?? Number.POSITIVE_INFINITY;
}
