import { screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import type { ClockDrift, PowerQuality } from "../../shared/api/types";
import { json, problem } from "../../testing/answers";
import { stubPortal } from "../../testing/portal";
import { renderPart } from "../../testing/render";
import { byLocalDay, linePoints } from "./drift";
import { SupplyBlocks } from "./SupplyTab";

vi.mock("../../shared/api/session", () => ({
  accessToken: async () => "token",
  dropToken: vi.fn(),
  sessionUser: () => null,
}));

const QUALITY = "GET /api/v1/points/p/power-quality";
const DRIFT = "GET /api/v1/points/p/clock-drift";
const POWER: PowerQuality = {
  point_id: "p",
  time_zone: "Europe/Samara",
  start: "2026-11-01",
  end: "2026-12-01",
  low_v: 207,
  high_v: 253,
  observed_seconds: 2_000_000,
  observed_share: 0.98,
  as_of: "2026-11-24T13:00:00Z",
  outages_seen: [
    {
      start: "2026-11-20T01:00:00Z",
      end: "2026-11-20T03:00:00Z",
      duration_seconds: 7200,
      phase: null,
      source: "meter",
      planned_id: "o1",
      planned_during: "whole",
    },
    {
      start: "2026-11-21T01:00:00Z",
      end: null,
      duration_seconds: null,
      phase: 2,
      source: "meter",
      planned_id: null,
      planned_during: null,
    },
  ],
  outages_planned: [
    {
      id: "o1",
      starts_at: "2026-11-20T00:00:00Z",
      ends_at: "2026-11-20T04:00:00Z",
      reason: "Замена опоры",
      cancelled: false,
      announced_at: "2026-11-18T00:00:00Z",
    },
    {
      id: "o2",
      starts_at: "2026-11-27T05:00:00Z",
      ends_at: "2026-11-27T06:00:00Z",
      reason: "Обрезка деревьев",
      cancelled: true,
      announced_at: "2026-11-18T00:00:00Z",
    },
  ],
  meter_limits: {
    read_at: "2026-11-24T13:00:00Z",
    below_limit_mv: 180_000,
    below_normal_mv: 209_000,
    above_normal_mv: 231_000,
    above_limit_mv: 250_000,
  },
  phases: [
    {
      phase: 1,
      entries: 3,
      open_entries: 1,
      outside_seconds: 5401,
      outside_minutes: 91,
      share: 0.0027,
      below_normal_seconds: 5401,
      above_normal_seconds: 0,
      below_limit_seconds: 0,
      above_limit_seconds: 0,
    },
  ],
};
const CLOCK: ClockDrift = {
  point_id: "p",
  time_zone: "Europe/Samara",
  as_of: "2026-11-24T13:00:00Z",
  last_reading_at: "2026-11-24T13:00:00Z",
  readings: 3,
  drift: {
    times: ["2026-11-20T19:00:00Z", "2026-11-20T21:00:00Z", "2026-11-21T05:00:00Z"],
    drift_seconds: [-10, -117, 4],
  },
  corrections: [
    {
      at: "2026-11-20T22:00:00Z",
      corrected_by_seconds: 117,
      meter_before: "2026-11-21T01:58:03",
      meter_after: "2026-11-21T02:00:00",
    },
  ],
};
const plain = (element: Element | null) => (element?.textContent ?? "").replace(/\s/g, " ");

afterEach(() => vi.unstubAllGlobals());

function show(quality: () => Response, drift: () => Response) {
  stubPortal({ [QUALITY]: quality, [DRIFT]: drift });
  renderPart(<SupplyBlocks pointId="p" date="2026-11-24" />);
}

it("tells minutes and share of each phase, outages, and settings of the clock", async () => {
  show(
    () => json(POWER),
    () => json(CLOCK),
  );
  expect(plain((await screen.findByRole("rowheader", { name: "1" })).closest("tr"))).toBe(
    "1910,27 %нормально допустимого: 91 / 0предельно допустимого: 0 / 0ещё не вернулось в пределы",
  );
  await screen.findByRole("img", { name: /не больше 117 с/ });
  const text = plain(document.body);
  expect(text).toContain("20.11.2026 05:00–07:00весь прибор, 120 минут, в плановое отключение");
  expect(text).toContain("20.11.2026 04:00–08:00Замена опоры");
  expect(text).toContain(
    "В приборе заданы: нормально допустимые 209–231 В, предельно допустимые 180–250 В. Прочитаны 24.11.2026 17:00.",
  );
  expect(text).toContain("27.11.2026 09:00–10:00отменено, Обрезка деревьев");
  expect(text).toContain("21.11.2026 05:00 – ещё идётфаза 2");
  expect(text).toContain("Часы переведены 21.11.2026 02:00+117 с");
});

it("gives of each local day the drift that is furthest from zero, and draws zero in the middle", () => {
  expect(byLocalDay(CLOCK.drift, "Europe/Samara")).toEqual([
    ["2026-11-21", -117],
    ["2026-11-20", -10],
  ]);
  const flat = { times: CLOCK.drift.times, drift_seconds: [0, 0, 0] };
  expect(linePoints(flat, { width: 100, height: 50 })).toBe("0.0,25.0 20.0,25.0 100.0,25.0");
});

it("never takes unread journals for good quality, and keeps a failure in its own block", async () => {
  show(
    () => json({ ...POWER, as_of: null, observed_seconds: 0, outages_seen: [], phases: [] }),
    () => problem(503, "busy"),
  );
  expect(await screen.findAllByText("За этот месяц журналы ещё не прочитаны")).toHaveLength(2);
  expect(screen.queryByText("Прибор учета не видел отключений")).toBeNull();
  expect(await screen.findByRole("alert")).toBeTruthy();
  expect(screen.queryByText("Часы не переводились.")).toBeNull();
});

it("draws no line through a single reading, and lists it all the same", async () => {
  const drift = { times: ["2026-11-20T19:00:00Z"], drift_seconds: [-113.258] };
  show(
    () => json(POWER),
    () => json({ ...CLOCK, drift, corrections: [] }),
  );
  expect(await screen.findByText("Часы не переводились.")).toBeTruthy();
  expect(screen.queryByRole("img")).toBeNull();
  expect(plain(document.body)).toContain("Уход часов по дням20.11.2026-113 с");
});
