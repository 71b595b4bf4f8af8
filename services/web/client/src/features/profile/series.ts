/**
 * A point's profile as slots [start, end) ready to draw and to list. Pure. A gap is a slot without a value that the
 * meter's data has already passed; a slot after `as_of` is pending: neither a gap nor a zero.
 */
import { type Group, groupOf } from "./quality";

export interface ProfileColumns {
  start: string;
  step_seconds: number;
  values: (number | null)[];
  quality: string[];
  as_of: string | null;
}

export type Slot = { startMs: number; endMs: number } & (
  | { state: "value"; energyWh: number; group: Group }
  | { state: "gap" }
  | { state: "pending" }
);

export interface Band {
  startMs: number;
  endMs: number;
  count: number;
}

export interface Summary {
  energyWh: number;
  valueCount: number;
  gapCount: number;
  pendingCount: number;
  /** The slot with the most energy, the first of equals. */
  peak: (Slot & { state: "value" }) | null;
  groups: Partial<Record<Group, number>>;
}

export function slotsOf(profile: ProfileColumns): Slot[] {
  const startMs = Date.parse(profile.start);
  const stepMs = profile.step_seconds * 1000;
  const asOfMs = profile.as_of === null ? Number.NEGATIVE_INFINITY : Date.parse(profile.as_of);
  return profile.values.map((energyWh, index) => {
    const bounds = { startMs: startMs + index * stepMs, endMs: startMs + (index + 1) * stepMs };
    const code = profile.quality[index] ?? "";
    if (energyWh !== null && code !== "GAP") {
      return { ...bounds, state: "value", energyWh, group: groupOf(code) };
    }
    return { ...bounds, state: bounds.endMs <= asOfMs ? "gap" : "pending" };
  });
}

/** Neighbouring gaps joined, in order. */
export function gapBands(slots: Slot[]): Band[] {
  const bands: Band[] = [];
  for (const slot of slots) {
    if (slot.state !== "gap") continue;
    const last = bands.at(-1);
    if (last !== undefined && last.endMs === slot.startMs) {
      last.endMs = slot.endMs;
      last.count += 1;
    } else {
      bands.push({ startMs: slot.startMs, endMs: slot.endMs, count: 1 });
    }
  }
  return bands;
}

export function summaryOf(slots: Slot[]): Summary {
  const summary: Summary = {
    energyWh: 0,
    valueCount: 0,
    gapCount: 0,
    pendingCount: 0,
    peak: null,
    groups: {},
  };
  for (const slot of slots) {
    if (slot.state === "gap") summary.gapCount += 1;
    else if (slot.state === "pending") summary.pendingCount += 1;
    else {
      summary.valueCount += 1;
      summary.energyWh += slot.energyWh;
      summary.groups[slot.group] = (summary.groups[slot.group] ?? 0) + 1;
      if (summary.peak === null || slot.energyWh > summary.peak.energyWh) summary.peak = slot;
    }
  }
  return summary;
}

/** Per cent of the due slots that have a value, rounded down so that 100 means all; null when none is due. */
export function completeness({ valueCount, gapCount }: Summary): number | null {
  const due = valueCount + gapCount;
  return due === 0 ? null : Math.floor((valueCount / due) * 100);
}

/** Slots by local day, in order; `dayOf` gives the day of an instant. */
export function byDay(slots: Slot[], dayOf: (instantMs: number) => string): Map<string, Slot[]> {
  const days = new Map<string, Slot[]>();
  for (const slot of slots) {
    const day = dayOf(slot.startMs);
    const list = days.get(day);
    if (list === undefined) days.set(day, [slot]);
    else list.push(slot);
  }
  return days;
}
