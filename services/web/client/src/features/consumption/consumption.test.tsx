import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Consumption } from "../../shared/api/types";
import { shiftPeriod } from "../../shared/time/zone";
import { json, problem } from "../../testing/answers";
import { stubPortal } from "../../testing/portal";
import { renderPart } from "../../testing/render";
import { ConsumptionPanel } from "./ConsumptionTab";
import { rowsOf, sinceFirst, totalOf } from "./rows";
import { consumptionSearch, windowOf } from "./view";

vi.mock("../../shared/api/session", () => ({
  accessToken: async () => "token",
  dropToken: vi.fn(),
  sessionUser: () => null,
}));

const PATH = "GET /api/v1/points/p/consumption";
const ANSWER: Consumption = {
  point_id: "p",
  time_zone: "Europe/Moscow",
  step: "month",
  as_of: "2026-11-24T07:00:00Z",
  days: ["2026-09-01", "2026-10-01", "2026-11-01", "2026-12-01"],
  starts: ["2026-08-31T21:00:00Z", "2026-09-30T21:00:00Z", "2026-10-31T21:00:00Z", "2026-11-30T21:00:00Z"],
  ends: ["2026-09-30T21:00:00Z", "2026-10-31T21:00:00Z", "2026-11-30T21:00:00Z", "2026-12-31T21:00:00Z"],
  slots: [1440, 1488, 1440, 1488],
  slots_ended: [1440, 1488, 1100, 0],
  revisions: [null, 2, null, null],
  channels: [
    {
      channel: "a_plus",
      unit: "Wh",
      values: [null, 200_000, 100_000, null],
      quality: ["GAP", "VALID", "HISTORY", "GAP"],
      valid: [0, 1488, 1080, 0],
      estimated: [0, 0, 15, 0],
      questioned: [0, 0, 0, 0],
      missing: [1440, 0, 5, 0],
      partial: [true, false, true, true],
    },
  ],
};
const rows = () => rowsOf(ANSWER, "a_plus", (first) => shiftPeriod("month", first, 1));
const plain = (element: Element | null) => (element?.textContent ?? "").replace(/\s/g, " ");

afterEach(() => vi.unstubAllGlobals());

describe("rows", () => {
  it("INVARIANT: a period of which nothing is known has no sum, not even zero", () => {
    expect(rows().at(-1)).toMatchObject({ first: "2026-09-01", value: null, share: null, missing: 1440 });
    expect(totalOf(rows())).toEqual({ value: 300_000, partial: true });
    expect(sinceFirst(rows()).map(({ first }) => first)).toEqual(["2026-11-01", "2026-10-01"]);
    expect(totalOf([])).toEqual({ value: null, partial: false });
  });

  it("stand newest first, without periods that have not begun", () => {
    expect(rows().map(({ first, last, runs, share }) => [first, last, runs, share])).toEqual([
      ["2026-11-01", "2026-11-30", true, 0.5],
      ["2026-10-01", "2026-10-31", false, 1],
      ["2026-09-01", "2026-09-30", false, null],
    ]);
  });
});

describe("a screenful", () => {
  it.each([
    ["month", "2025-12-01", "2026-12-01", "2025-11-01", "2027-11-01"],
    ["week", "2026-09-07", "2026-11-30", "2026-08-31", "2027-02-15"],
    ["day", "2026-11-01", "2026-12-01", "2026-10-01", "2026-12-01"],
  ] as const)("by %s ends with the period of its date", (step, from, to, previous, next) => {
    expect(windowOf(step, "2026-11-24")).toEqual({ from, to, previous, next });
  });

  it("keeps of an address only what it knows", () => {
    expect(consumptionSearch({ step: "year", date: "2026-02-30", channel: "r_plus" })).toEqual({
      channel: "r_plus",
    });
  });
});

const show = (onChange = vi.fn()) =>
  renderPart(
    <ConsumptionPanel pointId="p" zone="Europe/Moscow" search={{ date: "2026-11-24" }} onChange={onChange} />,
  );

it("says of each sum what it does not hold", async () => {
  stubPortal({ [PATH]: () => json(ANSWER) });
  show();
  await screen.findByText("октябрь 2026 г.");
  const texts = screen.getAllByRole("row").map(plain);
  expect(texts[1]).toBe(
    "ноябрь 2026 г.100,000неполная сумма: период ещё идётнеполная сумма: нет 5 получасоврасчётных получасов: 15",
  );
  expect(texts[2]).toBe("октябрь 2026 г.200,000измерено полностью");
  expect(texts[3]).toBe("Итого300,000неполная сумма");
  expect(plain(document.body)).toContain("До 01.10.2026 данных нет.");
  expect(plain(document.body)).toContain("Данные на 24.11.2026 10:00");
});

it("leads to the former periods, and to weeks and days", async () => {
  const onChange = vi.fn();
  stubPortal({ [PATH]: () => json(ANSWER) });
  show(onChange);
  await userEvent.click(await screen.findByRole("button", { name: "Предыдущий период" }));
  expect(onChange).toHaveBeenCalledWith({ date: "2025-11-01" });
  await userEvent.click(screen.getByRole("radio", { name: "Неделя" }));
  expect(onChange).toHaveBeenCalledWith({ step: "week" });
});

it("says why there is nothing, and what failed", async () => {
  stubPortal({ [PATH]: () => json({ ...ANSWER, channels: [] }) });
  const { unmount } = show();
  expect(await screen.findByText("За эти периоды данных нет")).toBeTruthy();
  unmount();
  stubPortal({ [PATH]: () => problem(503, "busy") });
  show();
  expect(await screen.findByRole("alert")).toBeTruthy();
  expect(screen.getByRole("button", { name: "Повторить" })).toBeTruthy();
});
