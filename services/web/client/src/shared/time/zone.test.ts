import { describe, expect, it } from "vitest";
import { addDays, dayStartMs, isDay, localDay, periodRange, periodStart, shiftPeriod } from "./zone";

const HALF_HOUR_MS = 1_800_000;
const halfHours = (day: string, zone: string) => {
  const { startMs, endMs } = periodRange("day", day, zone);
  return (endMs - startMs) / HALF_HOUR_MS;
};

describe("local days", () => {
  it.each([
    ["Asia/Yekaterinburg", "2026-03-29", 48],
    ["Europe/Berlin", "2026-03-29", 46],
    ["Europe/Berlin", "2026-10-25", 50],
    ["Australia/Lord_Howe", "2026-10-04", 47],
    ["Africa/Cairo", "2026-04-24", 46],
  ])("in %s the day %s has %i half hours", (zone, day, count) => {
    expect(halfHours(day, zone)).toBe(count);
  });

  it("begin at the skip where the clocks skip midnight", () => {
    expect(new Date(dayStartMs("2026-04-24", "Africa/Cairo")).toISOString()).toBe("2026-04-23T22:00:00.000Z");
  });

  it("belong to the point's zone, not to that of the reader", () => {
    expect(localDay(Date.parse("2026-11-23T20:30:00Z"), "Asia/Vladivostok")).toBe("2026-11-24");
    expect(localDay(Date.parse("2026-11-23T20:30:00Z"), "Europe/Kaliningrad")).toBe("2026-11-23");
  });
});

describe("periods", () => {
  it("start on Monday, on the first of the month, on the day itself", () => {
    expect(periodStart("week", "2026-11-29")).toBe("2026-11-23");
    expect(periodStart("week", "2026-11-23")).toBe("2026-11-23");
    expect(periodStart("month", "2026-11-29")).toBe("2026-11-01");
    expect(periodStart("day", "2026-11-29")).toBe("2026-11-29");
  });

  it("shift over the borders of months and years", () => {
    expect(shiftPeriod("month", "2026-12-31", 1)).toBe("2027-01-01");
    expect(shiftPeriod("month", "2026-03-31", -1)).toBe("2026-02-01");
    expect(shiftPeriod("week", "2026-12-31", 1)).toBe("2027-01-04");
    expect(addDays("2028-02-28", 1)).toBe("2028-02-29");
  });

  it("take no day that the calendar lacks", () => {
    expect(isDay("2026-02-29")).toBe(false);
    expect(isDay("2026-2-9")).toBe(false);
    expect(isDay("9999-99-99")).toBe(false);
    expect(isDay("2028-02-29")).toBe(true);
  });
});
