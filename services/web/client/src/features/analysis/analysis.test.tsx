import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import axe from "axe-core";
import { afterEach, expect, it, vi } from "vitest";
import type { Comparison, HeatMap, LoadFigures, TypicalDay } from "../../shared/api/types";
import { ticksOf } from "../../shared/charts/LineChart";
import { json, problem } from "../../testing/answers";
import { stubPortal } from "../../testing/portal";
import { renderPage } from "../../testing/render";
import { AnalysisBlocks } from "./AnalysisTab";
import { colorOf, columnOf, rowsOf } from "./heat";
import { analysisSearch, viewOf } from "./view";

vi.mock("../../shared/api/session", () => ({
  accessToken: async () => "token",
  dropToken: vi.fn(),
  sessionUser: () => null,
}));
// This DOM has no canvas to draw on.
vi.mock("uplot", () => ({
  default: class {
    over = document.createElement("div");
    destroy() {}
  },
}));

const PATH = "GET /api/v1/points/p";
const POINT = { point_id: "p", time_zone: "Europe/Samara", channel: "a_plus" } as const;
const FIGURES: LoadFigures = {
  ...POINT,
  as_of: "2026-11-24T00:00:00Z",
  revision: 2,
  quality: "INTERP",
  slots_ended: 1000,
  slots_valid: 990,
  slots_estimated: 6,
  slots_questioned: 0,
  slots_missing: 4,
  sum_wh: 345_100,
  base_load: { power_w: 420, slots: 250 },
  maximum: {
    start: "2026-11-20T15:00:00Z",
    end: "2026-11-20T15:30:00Z",
    energy_wh: 2_850,
    power_w: 5_700,
    quality: "VALID",
  },
  greatest_month: null,
  least_month: null,
};
const COMPARISON: Comparison = {
  ...POINT,
  unit: "Wh",
  against: "previous",
  align: "day",
  as_of: "2026-11-24T00:00:00Z",
  days: ["2026-11-01", "2026-11-02"],
  other_days: ["2026-10-01", null],
  values: [12_000, 9_000],
  other_values: [10_000, null],
  quality: ["VALID", "INTERP"],
  other_quality: ["VALID", null],
  complete: [true, false],
  other_complete: [true, false],
  revisions: [1, null],
  other_revisions: [1, null],
  compared_days: 1,
  sum: 12_000,
  other_sum: 10_000,
  difference: 2_000,
  change_percent: 20,
};
const TYPICAL: TypicalDay = {
  ...POINT,
  unit: "Wh",
  as_of: "2026-11-24T00:00:00Z",
  revision: 2,
  quality: "INTERP",
  slots_ended: 1000,
  slots_valid: 990,
  slots_estimated: 6,
  slots_questioned: 0,
  slots_missing: 4,
  kinds: [
    { kind: "workday", days: 16, values: [500, null, ...Array(46).fill(300)], counts: [] },
    { kind: "saturday", days: 0, values: Array(48).fill(null), counts: [] },
    { kind: "sunday", days: 3, values: Array(48).fill(700), counts: [] },
  ],
  years_without_calendar: [],
};
const HEAT: HeatMap = {
  ...POINT,
  unit: "Wh",
  as_of: "2026-11-01T22:00:00Z",
  greatest: 2_000,
  days: [
    {
      day: "2026-11-01",
      start: "2026-10-31T20:00:00Z",
      revision: 1,
      values: [1_000, null, 2_000, ...Array(45).fill(500)],
      quality: [],
    },
    {
      day: "2026-11-02",
      start: "2026-11-01T20:00:00Z",
      revision: null,
      values: Array(48).fill(null),
      quality: [],
    },
  ],
};
const plain = (element: Element | null) => (element?.textContent ?? "").replace(/\s/g, " ");

afterEach(() => vi.unstubAllGlobals());

async function show(answers: Record<string, () => Response> = {}, onChange = vi.fn()) {
  const portal = stubPortal({
    [`${PATH}/load-figures`]: () => json(FIGURES),
    [`${PATH}/comparison`]: () => json(COMPARISON),
    [`${PATH}/typical-day`]: () => json(TYPICAL),
    [`${PATH}/heat-map`]: () => json(HEAT),
    ...answers,
  });
  const view = viewOf({}, "2026-11-24");
  await renderPage(
    () => (
      <main>
        <h1>Точка</h1>
        <AnalysisBlocks pointId="p" zone="Europe/Samara" view={view} onChange={onChange} />
      </main>
    ),
    "/",
  );
  return portal;
}
const region = (name: string) => screen.findByRole("region", { name });
const rowsIn = async (name: string) =>
  (await within(await region(name)).findAllByRole("row", { hidden: true })).map(plain);

it("tells sum, base load, and the maximum with its half hour, which leads to that day of the profile", async () => {
  await show();
  const block = await region("Анализ нагрузки");
  const peak = await within(block).findByRole("link", { name: "20.11.2026 19:00–19:30" });
  expect(plain(block)).toContain("Всего345,100 кВт·чнет получасов: 4");
  expect(plain(block)).toContain("Базовая нагрузка0,420 кВт");
  expect(plain(block)).toContain("Максимум5,700 кВт20.11.2026 19:00–19:30, 2,850 кВт·ч");
  expect(peak.getAttribute("href")).toContain("/profile?period=day&date=2026-11-20");
});

it("sums only days that are whole in both periods, and lists all of them", async () => {
  await show();
  expect(await rowsIn("Сравнение")).toEqual([
    "Этот периодкВт·чПрошлый периодкВт·ч",
    "01.11.202612,00001.10.202610,000",
    "02.11.20269,000, неполныенет такого днянет данных",
  ]);
  expect(plain(await region("Сравнение"))).toContain(
    "12,000 кВт·ч против 10,000 кВт·ч: +2,000 кВт·ч (+20,0 %) Дней, известных целиком в обоих периодах: 1",
  );
});

it("says of which years the moved days off are not known", async () => {
  await show({ [`${PATH}/typical-day`]: () => json({ ...TYPICAL, years_without_calendar: [2027] }) });
  await within(await region("Обычные сутки")).findByText(/Перенос выходных на 2027 г\. порталу не известен/);
});

it("gives the typical day of each kind of day that there was, and no zero for what is not known", async () => {
  await show();
  const rows = await rowsIn("Обычные сутки");
  expect(screen.queryByText(/Перенос выходных/)).toBeNull();
  expect(rows.slice(0, 3)).toEqual([
    "ПолучасРабочие дни (16)Вс и праздники (3)",
    "00:00–00:300,5000,700",
    "00:30–01:00нет данных0,700",
  ]);
  expect(rows).toHaveLength(49);
});

it("tells the heat map by day in a table, without the days that have not come", async () => {
  await show();
  expect(await rowsIn("Тепловая карта")).toEqual([
    "СуткикВт·чБольше всегоНет получасов",
    "01.11.202625,50001:00–01:30, 2,0001",
    "02.11.2026––4",
  ]);
  const { violations } = await axe.run(document.body, { rules: { "color-contrast": { enabled: false } } });
  expect(violations.map(({ id }) => id)).toEqual([]);
});

it("has a failure in its own block, and says which are empty", async () => {
  const onChange = vi.fn();
  await show(
    {
      [`${PATH}/heat-map`]: () => problem(503, "busy"),
      [`${PATH}/load-figures`]: () => json({ ...FIGURES, sum_wh: null, base_load: null, maximum: null }),
    },
    onChange,
  );
  expect(await within(await region("Тепловая карта")).findByRole("alert")).toBeTruthy();
  expect(plain(await region("Анализ нагрузки"))).toContain("За этот период данных ещё нет");
  expect(await rowsIn("Обычные сутки")).toHaveLength(49);
  await userEvent.selectOptions(screen.getByRole("combobox", { name: "С чем сравнить" }), "last_year");
  expect(onChange).toHaveBeenCalledWith({ against: "last_year" });
});

it("places half hours by the wall clock of the point, and tells a gap from what has not come", () => {
  const [first, second] = rowsOf(HEAT);
  expect(first?.cells.map(({ column }) => column)).toEqual(Array.from({ length: 48 }, (_, index) => index));
  expect(first?.cells.slice(0, 3).map(({ state }) => state)).toEqual(["value", "gap", "value"]);
  expect(second?.cells.map(({ state }) => state).indexOf("pending")).toBe(4);
  // Clocks go back at 03:00 of 25 October in Berlin: the hour from 02:00 comes twice.
  expect(columnOf(Date.parse("2026-10-25T00:30:00Z"), "Europe/Berlin")).toBe(5);
  expect(columnOf(Date.parse("2026-10-25T01:30:00Z"), "Europe/Berlin")).toBe(5);
  expect(columnOf(Date.parse("2026-10-25T22:30:00Z"), "Europe/Berlin")).toBe(47);
});

it("colours from the palest for nothing to the darkest for the greatest", () => {
  const cell = { column: 0, startMs: 0, state: "value", energyWh: 0 } as const;
  expect(colorOf(cell, 2_000)).toBe("rgb(226 241 233)");
  expect(colorOf({ ...cell, energyWh: 2_000 }, 2_000)).toBe("rgb(4 60 35)");
  expect(colorOf(cell, 0)).toBe("rgb(226 241 233)");
  expect(colorOf({ ...cell, state: "gap", energyWh: null }, 2_000)).toBe("#c3cacf");
});

it("marks an axis with as many places as there is room for", () => {
  const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);
  expect(ticksOf(upTo(48), 12, [2, 4, 6, 8, 12, 24])).toEqual(upTo(12).map((index) => index * 4));
  expect(ticksOf(upTo(31), 6, [1, 2, 5, 7, 10])).toEqual([0, 7, 14, 21, 28]);
  // Instants begin between marks, and the marks are whole steps all the same.
  expect(ticksOf([130, 250, 1_000], 4, [300, 600])).toEqual([300, 600, 900]);
});

it("keeps of an address what it knows", () => {
  expect(
    analysisSearch({ period: "week", date: "2026-11-24", against: "never", channel: "r_plus", x: 1 }),
  ).toEqual({
    period: "week",
    date: "2026-11-24",
    channel: "r_plus",
  });
});
