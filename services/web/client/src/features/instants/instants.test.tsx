import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import axe from "axe-core";
import { afterEach, expect, it, vi } from "vitest";
import type { Instants, PowerLimit } from "../../shared/api/types";
import { json, problem } from "../../testing/answers";
import { stubPortal } from "../../testing/portal";
import { renderPage, renderPart } from "../../testing/render";
import { InstantsBlocks } from "./InstantsTab";
import { LatestValues } from "./LatestValues";
import { powerLine, rangeOf } from "./series";
import { instantsSearch } from "./view";

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
    setCursor() {}
    valToPos() {
      return 0;
    }
  },
}));

const PATH = "GET /api/v1/points/p/instants";
const NOTHING = { phase: 3, voltage_mv: null, current_ma: null, power_w: null };
const SHOWN: Instants = {
  point_id: "p",
  time_zone: "Europe/Samara",
  as_of: "2026-11-24T10:04:00Z",
  latest: {
    at: "2026-11-24T10:04:00Z",
    power_w: 7_040,
    reactive_power_var: -400,
    power_factor_thousandths: 998,
    frequency_millihertz: 50_010,
    quality: "RAW",
    phases: [
      { phase: 1, voltage_mv: 230_140, current_ma: 3_043, power_w: 7_040 },
      { phase: 2, voltage_mv: 229_900, current_ma: 0, power_w: null },
      NOTHING,
    ],
  },
  history: {
    times: ["2026-11-24T10:01:00Z", "2026-11-24T10:02:00Z", "2026-11-24T10:03:00Z", "2026-11-24T10:04:00Z"],
    power_w: [7_000, null, 7_200, 7_040],
  },
};
const LIMIT: PowerLimit = {
  point_id: "p",
  time_zone: "Europe/Samara",
  as_of: "2026-11-24T10:00:00Z",
  limit_w: 15_000,
  revision: 1,
  quality: "INTERP",
  slots_ended: 1000,
  slots_valid: 990,
  slots_estimated: 6,
  slots_questioned: 0,
  slots_missing: 4,
  running: null,
  warned: [
    {
      start: "2026-11-24T09:30:00Z",
      end: "2026-11-24T10:00:00Z",
      limit_w: 15_000,
      warned_at: "2026-11-24T09:40:00Z",
      projected_w: 15_870,
      passed_at: null,
      mean_w: 14_200,
      outcome: "near_miss",
    },
  ],
  exceeded: 0,
  near_misses: 1,
  over_limit: [],
  over_limit_count: 0,
  greatest_w: 14_200,
};
const plain = (element: Element | null) => (element?.textContent ?? "").replace(/\s/g, " ");

afterEach(() => vi.unstubAllGlobals());

async function show(answer: () => Response, onHours = vi.fn(), limit = LIMIT) {
  stubPortal({ [PATH]: answer, "GET /api/v1/points/p/power-limit": () => json(limit) });
  await renderPage(
    () => (
      <main>
        <h1>Точка</h1>
        <InstantsBlocks pointId="p" zone="Europe/Samara" limitW={15_000} hours={1} onHours={onHours} />
      </main>
    ),
    "/",
  );
}
const region = (name: string) => screen.findByRole("region", { name });

it("shows the meter's values with their instant, their quality and the limit, and a dash for what is not measured", async () => {
  await show(() => json(SHOWN));
  const block = await region("Мгновенные значения");
  expect(await within(block).findByText("По состоянию на 24.11.2026 14:04")).toBeTruthy();
  const text = plain(block);
  expect(text).toContain("Измерено, не проверено");
  expect(text).toContain("Активная мощность7,040 кВтиз 15,000 кВт");
  expect(text).toContain("Реактивная мощность-0,400 кварКоэффициент мощности0,998Частота сети50,01 Гц");
  expect(within(block).getAllByRole("row").map(plain)).toEqual([
    "ФазаНапряжениеТокМощность",
    "1230,1 В3,043 А7,040 кВт",
    "2229,9 В0,000 А–",
  ]);
  const { violations } = await axe.run(document.body, { rules: { "color-contrast": { enabled: false } } });
  expect(violations.map(({ id }) => id)).toEqual([]);
});

it("reads the line out by arrow keys, and has each reading in a table, the newest first", async () => {
  const onHours = vi.fn();
  await show(() => json(SHOWN), onHours);
  const block = await region("Мощность за последнее время");
  const chart = await within(block).findByRole("slider");
  expect(chart.getAttribute("aria-valuetext")).toBe("14:01 · 7,000 кВт");
  expect(plain(block)).toContain("Меньше всего 7,000 кВт в 14:01, больше всего 7,200 кВт в 14:03");
  expect(within(block).getAllByRole("row", { hidden: true }).map(plain)).toEqual([
    "ВремяАктивная мощность",
    "24.11.2026 14:047,040 кВт",
    "24.11.2026 14:037,200 кВт",
    "24.11.2026 14:02нет данных",
    "24.11.2026 14:017,000 кВт",
  ]);
  await userEvent.click(within(block).getByRole("radio", { name: "24 ч" }));
  expect(onHours).toHaveBeenCalledWith(24);
});

it("says that nothing was read, and keeps a failure apart from that", async () => {
  await show(() => json({ ...SHOWN, as_of: null, latest: null, history: { times: [], power_w: [] } }));
  expect(await screen.findByText("За последние сутки значений нет")).toBeTruthy();
  expect(await screen.findByText("За это время значений нет")).toBeTruthy();
});

it("tells a failure in its words", async () => {
  await show(() => problem(503, "busy"));
  expect(await screen.findAllByRole("alert")).toHaveLength(2);
  expect(screen.queryByText("За последние сутки значений нет")).toBeNull();
});

it("tells which half hours came near the limit, what was expected of them and how they ended", async () => {
  await show(() => json(SHOWN));
  const block = await region("Близко к максимальной мощности");
  await within(block).findByRole("table");
  expect(plain(block)).toContain("превышений 0, предупреждений без превышения 1.");
  expect(within(block).getAllByRole("row").map(plain)[1]).toBe(
    "24.11.2026 13:30–14:0015,870 кВт14,200 кВтне превышена",
  );
});

it("says that no half hour came near the limit", async () => {
  await show(() => json(SHOWN), vi.fn(), { ...LIMIT, warned: [], near_misses: 0 });
  expect(
    await screen.findByText("За последние 30 дней мощность не приближалась к максимальной"),
  ).toBeTruthy();
});

it("says how old the values are, and that the meter has not answered for long", () => {
  renderPart(<LatestValues answer={SHOWN} limitW={null} nowMs={Date.parse("2026-11-24T13:10:00Z")} />);
  expect(plain(document.body)).toContain("3 часа назад: прибор давно не отвечал");
});

it("breaks the line where nothing was read for long, and never draws a zero there", () => {
  const minutes = [0, 1, 2, 12, 13];
  const times = minutes.map((minute) => new Date(minute * 60_000).toISOString());
  const line = powerLine({ times, power_w: [5, null, 7, -3, 9] });
  expect(line).toEqual({ places: [0, 60, 120, 420, 720, 780], powers: [5, null, 7, null, -3, 9] });
  expect(rangeOf(line)).toEqual({ least: { at: 720, powerW: -3 }, greatest: { at: 780, powerW: 9 } });
  expect(rangeOf(powerLine({ times: [], power_w: [] }))).toBeNull();
  expect(powerLine({ times: times.slice(0, 1), power_w: [5] })).toEqual({ places: [0], powers: [5] });
});

it("keeps of an address what it knows", () => {
  expect([
    instantsSearch({ hours: "6" }),
    instantsSearch({ hours: 24 }),
    instantsSearch({ hours: 5 }),
  ]).toEqual([{ hours: 6 }, { hours: 24 }, {}]);
});
