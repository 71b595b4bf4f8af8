/**
 * A point's profile as slots [start, end) ready to draw and to list. Pure. A slot without a value is a gap with the
 * reason that the API gives; one that is not due yet is pending: neither a gap nor a zero. Without a reason `as_of`
 * decides between the two.
 */
import type { Profile } from "../../shared/api/types";
import { type Group, groupOf } from "../../shared/metering/quality";
import type { GapReason } from "../../shared/metering/useReasonNames";

export type Mark = Profile["marks"][number]["mark"];

export interface ProfileColumns {
  start: string;
  step_seconds: number;
  values: (number | null)[];
  quality: string[];
  as_of: string | null;
  gaps: readonly { start: string; end: string; reason: GapReason }[];
  marks: readonly { start: string; end: string; mark: Mark }[];
}

/** `marks`: what the meter's journal says of the slot, each once. */
export type Slot = { startMs: number; endMs: number; marks: readonly Mark[] } & (
  | { state: "value"; energyWh: number; group: Group }
  | { state: "gap"; reason: GapReason | null }
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
  reasons: Partial<Record<GapReason, number>>;
  marks: Partial<Record<Mark, number>>;
}

export function slotsOf(profile: ProfileColumns): Slot[] {
  const startMs = Date.parse(profile.start);
  const stepMs = profile.step_seconds * 1000;
  const asOfMs = profile.as_of === null ? Number.NEGATIVE_INFINITY : Date.parse(profile.as_of);
  const gaps = profile.gaps.map(withBounds);
  const marks = profile.marks.map(withBounds);
  return profile.values.map((energyWh, index) => {
    const bounds = { startMs: startMs + index * stepMs, endMs: startMs + (index + 1) * stepMs };
    const over = marks.filter((run) => overlaps(run, bounds)).map(({ mark }) => mark);
    const slot = { ...bounds, marks: over.length === 0 ? NO_MARKS : [...new Set(over)] };
    const code = profile.quality[index] ?? "";
    if (energyWh !== null && code !== "GAP") {
      return { ...slot, state: "value", energyWh, group: groupOf(code) };
    }
    const reason = gaps.find((run) => overlaps(run, bounds))?.reason ?? null;
    const isGap = reason === null ? bounds.endMs <= asOfMs : reason !== "not_yet_due";
    return isGap ? { ...slot, state: "gap", reason } : { ...slot, state: "pending" };
  });
}

const NO_MARKS: readonly Mark[] = [];

function withBounds<Run extends { start: string; end: string }>(run: Run) {
  return { ...run, startMs: Date.parse(run.start), endMs: Date.parse(run.end) };
}

function overlaps(
  run: { startMs: number; endMs: number },
  slot: { startMs: number; endMs: number },
): boolean {
  return run.startMs < slot.endMs && run.endMs > slot.startMs;
}

/** Mean power of a slot against the limit of the passport; equal is not over. */
export function isOver(slot: Slot, limitW: number | null, stepSeconds: number): boolean {
  return limitW !== null && slot.state === "value" && (slot.energyWh * 3600) / stepSeconds > limitW;
}

/** Neighbouring gaps joined, in order. */
export function gapBands(slots: Slot[]): Band[] {
  const bands: Band[] = [];
  for (const slot of slots) {
    if (slot.state === "gap") addTo(bands, slot);
  }
  return bands;
}

/** Neighbouring slots with marks joined, in order. */
export function markBands(slots: Slot[]): Band[] {
  const bands: Band[] = [];
  for (const slot of slots) {
    if (slot.marks.length > 0) addTo(bands, slot);
  }
  return bands;
}

function addTo(bands: Band[], slot: Slot): void {
  const last = bands.at(-1);
  if (last !== undefined && last.endMs === slot.startMs) {
    last.endMs = slot.endMs;
    last.count += 1;
  } else {
    bands.push({ startMs: slot.startMs, endMs: slot.endMs, count: 1 });
  }
}

export function summaryOf(slots: Slot[]): Summary {
  const summary: Summary = {
    energyWh: 0,
    valueCount: 0,
    gapCount: 0,
    pendingCount: 0,
    peak: null,
    groups: {},
    reasons: {},
    marks: {},
  };
  for (const slot of slots) {
    for (const mark of slot.marks) summary.marks[mark] = (summary.marks[mark] ?? 0) + 1;
    if (slot.state === "gap") {
      summary.gapCount += 1;
      if (slot.reason !== null) summary.reasons[slot.reason] = (summary.reasons[slot.reason] ?? 0) + 1;
    } else if (slot.state === "pending") summary.pendingCount += 1;
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
