import { describe, expect, it } from "vitest";
import { dayStartMs, localDay, periodRange } from "../../shared/time/zone";
import {
  byDay,
  completeness,
  gapBands,
  isOver,
  markBands,
  type ProfileColumns,
  slotsOf,
  summaryOf,
} from "./series";

const HALF_HOUR_MS = 1_800_000;

function profileOf(day: string, zone: string, values: (index: number) => number | null): ProfileColumns {
  const { startMs, endMs } = periodRange("day", day, zone);
  const count = (endMs - startMs) / HALF_HOUR_MS;
  const column = Array.from({ length: count }, (_, index) => values(index));
  return {
    start: new Date(startMs).toISOString(),
    step_seconds: 1800,
    values: column,
    quality: column.map((value) => (value === null ? "GAP" : "VALID")),
    as_of: new Date(endMs).toISOString(),
    gaps: [],
    marks: [],
  };
}

describe.each([
  ["Europe/Berlin", "2026-03-29", 46],
  ["Asia/Yekaterinburg", "2026-03-29", 48],
  ["Europe/Berlin", "2026-10-25", 50],
])("a day in %s, %s", (zone, day, count) => {
  it(`has ${count} slots that touch and cover it whole`, () => {
    const slots = slotsOf(profileOf(day, zone, () => 100));
    const range = periodRange("day", day, zone);
    expect(slots).toHaveLength(count);
    expect(slots[0]?.startMs).toBe(range.startMs);
    expect(slots.at(-1)?.endMs).toBe(range.endMs);
    for (const [index, slot] of slots.entries()) {
      expect(slot.startMs).toBe(range.startMs + index * HALF_HOUR_MS);
    }
    expect(summaryOf(slots)).toMatchObject({ energyWh: count * 100, valueCount: count, gapCount: 0 });
  });

  it("keeps all its slots in one local day", () => {
    const days = byDay(slotsOf(profileOf(day, zone, () => 1)), (instantMs) => localDay(instantMs, zone));
    expect([...days].map(([name, slots]) => [name, slots.length])).toEqual([[day, count]]);
  });
});

describe("a slot", () => {
  it("INVARIANT: without a value is a gap, never a zero", () => {
    const slots = slotsOf(profileOf("2026-11-20", "Europe/Moscow", (index) => (index === 5 ? null : 0)));
    expect(slots[5]).toEqual(expect.objectContaining({ state: "gap" }));
    expect(slots[5]).not.toHaveProperty("energyWh");
    expect(slots[4]).toMatchObject({ state: "value", energyWh: 0 });
    expect(summaryOf(slots)).toMatchObject({ valueCount: 47, gapCount: 1, energyWh: 0 });
  });

  it("that is not due yet is pending, not a gap", () => {
    const start = dayStartMs("2026-11-20", "Europe/Moscow");
    const profile = profileOf("2026-11-20", "Europe/Moscow", (index) => (index < 4 ? 10 : null));
    const slots = slotsOf({ ...profile, as_of: new Date(start + 6 * HALF_HOUR_MS).toISOString() });
    expect(slots.slice(3, 8).map((slot) => slot.state)).toEqual([
      "value",
      "gap",
      "gap",
      "pending",
      "pending",
    ]);
    expect(completeness(summaryOf(slots))).toBe(66);
  });

  it("is pending while nothing at all is known of the point", () => {
    const profile = profileOf("2026-11-20", "Europe/Moscow", () => null);
    const summary = summaryOf(slotsOf({ ...profile, as_of: null }));
    expect(summary).toMatchObject({ gapCount: 0, pendingCount: 48, peak: null });
    expect(completeness(summary)).toBeNull();
  });

  it("with a code of a later version is shown as unknown, not as measured", () => {
    const profile = profileOf("2026-11-20", "Europe/Moscow", () => 1);
    const slots = slotsOf({ ...profile, quality: profile.quality.map(() => "QUANTUM") });
    expect(summaryOf(slots).groups).toEqual({ unknown: 48 });
  });
});

describe("gaps", () => {
  it("that touch are one band; a value between them parts it", () => {
    const slots = slotsOf(
      profileOf("2026-11-20", "Europe/Moscow", (index) => ([0, 1, 3, 47].includes(index) ? null : 7)),
    );
    expect(
      gapBands(slots).map(({ count, startMs, endMs }) => [count, (endMs - startMs) / HALF_HOUR_MS]),
    ).toEqual([
      [2, 2],
      [1, 1],
      [1, 1],
    ]);
  });
});

describe("the peak", () => {
  it("is the first of equal slots", () => {
    const slots = slotsOf(profileOf("2026-11-20", "Europe/Moscow", (index) => (index % 10 === 9 ? 900 : 5)));
    expect(summaryOf(slots).peak?.startMs).toBe(slots[9]?.startMs);
  });
});

describe("what the API says beside the values", () => {
  const start = dayStartMs("2026-11-20", "Europe/Moscow");
  const at = (slot: number) => new Date(start + slot * HALF_HOUR_MS).toISOString();
  const profile = {
    ...profileOf("2026-11-20", "Europe/Moscow", (index) => (index >= 4 && index < 8 ? null : 600)),
    as_of: at(8),
    gaps: [
      { start: at(4), end: at(6), reason: "no_link" as const },
      { start: at(6), end: at(8), reason: "not_yet_due" as const },
    ],
    marks: [
      { start: at(1), end: at(3), mark: "voltage" as const },
      { start: at(2), end: at(3), mark: "voltage" as const },
      { start: at(2), end: at(5), mark: "power" as const },
    ],
  };

  it("gives each gap its reason, and calls pending what is not due whatever was stored after it", () => {
    const slots = slotsOf(profile);
    expect(slots.slice(3, 8).map((slot) => (slot.state === "gap" ? slot.reason : slot.state))).toEqual([
      "value",
      "no_link",
      "no_link",
      "pending",
      "pending",
    ]);
    expect(summaryOf(slots).reasons).toEqual({ no_link: 2 });
  });

  it("marks the half hours that a journal entry overlaps, each kind once, and joins neighbours", () => {
    const slots = slotsOf(profile);
    expect(slots.slice(0, 6).map(({ marks }) => marks)).toEqual([
      [],
      ["voltage"],
      ["voltage", "power"],
      ["power"],
      ["power"],
      [],
    ]);
    expect(summaryOf(slots).marks).toEqual({ voltage: 2, power: 3 });
    expect(markBands(slots).map(({ count }) => count)).toEqual([4]);
  });

  it("counts as over the limit what is above it, not what equals it nor a gap", () => {
    const [slot] = slotsOf(profile);
    const gap = slotsOf(profile)[4];
    if (slot === undefined || gap === undefined) throw new Error("the day has slots");
    expect([1199, 1200, null].map((limitW) => isOver(slot, limitW, 1800))).toEqual([true, false, false]);
    expect(isOver(gap, 0, 1800)).toBe(false);
  });
});
