import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import axe from "axe-core";
import { afterEach, expect, it, vi } from "vitest";
import type { AnnouncedOutage, OutageOutcome } from "../../shared/api/types";
import { json, problem } from "../../testing/answers";
import { fill } from "../../testing/fill";
import { stubPortal } from "../../testing/portal";
import { renderPage } from "../../testing/render";
import { OutagesPage } from "./OutagesPage";

vi.mock("../../shared/api/session", () => ({
  accessToken: async () => "token",
  dropToken: vi.fn(),
  sessionUser: () => null,
}));

const PATH = "/api/v1/operator/planned-outages";
const ID = "00000000-0000-0000-0000-000000000001";
const OUTAGE: AnnouncedOutage = {
  id: ID,
  document_id: "works-1",
  version: 1,
  contract_number: null,
  point_numbers: [],
  address: "Самара, ул. Ленина, 5",
  starts_at: "2099-12-03T05:00:00Z",
  ends_at: "2099-12-03T09:00:00Z",
  reason: "Замена опоры",
  cancelled: false,
  time_zone: "Europe/Samara",
  announced_by: null,
  announced_at: "2026-11-24T05:00:00Z",
};
const OUTCOME: OutageOutcome = { dry_run: true, news: true, points: 21, contracts: 2, outage: OUTAGE };
const plain = (element: Element | null) => (element?.textContent ?? "").replace(/\s/g, " ");

// The id of a new outage is drawn by the page.
const ids = vi.hoisted(() => ({ spent: 0 }));
vi.mock("../../shared/api/useIdempotencyKey", () => ({
  useIdempotencyKey: () => ({
    current: () => (ids.spent === 0 ? "drawn" : `drawn-${ids.spent}`),
    spent: () => {
      ids.spent += 1;
    },
  }),
}));

afterEach(() => {
  ids.spent = 0;
  vi.unstubAllGlobals();
});

async function open(answers: Parameters<typeof stubPortal>[0] = {}, items: AnnouncedOutage[] = [OUTAGE]) {
  const portal = stubPortal({ [`GET ${PATH}`]: () => json({ items, next_cursor: null }), ...answers });
  await renderPage(
    () => (
      <main>
        <OutagesPage />
      </main>
    ),
    "/operator/outages",
    { under: "signed-in" },
  );
  return portal;
}
const click = (name: string) => userEvent.click(screen.getByRole("button", { name }));

it("says whom an outage would concern before it is announced, and again after each change of the form", async () => {
  const tried: string[] = [];
  const { calls } = await open({
    [`PUT ${PATH}/drawn`]: (search) => {
      tried.push(search.get("dry_run") ?? "");
      return json({ ...OUTCOME, dry_run: search.get("dry_run") === "true" });
    },
  });
  await click("ПРОВЕРИТЬ");
  expect(tried).toEqual([]);
  await fill(screen.getByRole("textbox", { name: "Адрес или его начало" }), " Самара, ул. Ленина, 5 ");
  await fill(screen.getByRole("textbox", { name: "Причина" }), "Замена\nопоры");
  await click("ПРОВЕРИТЬ");
  expect(plain(await screen.findByRole("status"))).toBe(
    "Пока ничего не объявленоКасается 21 точки учета, 2 договоров: с 03.12.2099 09:00 до 03.12.2099 13:00, время Europe/Samara",
  );
  await fill(screen.getByRole("textbox", { name: "Причина" }), "Замена опоры и провода");
  expect(screen.queryByRole("button", { name: "ОБЪЯВИТЬ" })).toBeNull();
  await click("ПРОВЕРИТЬ");
  await userEvent.click(await screen.findByRole("button", { name: "ОБЪЯВИТЬ" }));
  expect(await screen.findByText("Объявлено")).toBeTruthy();
  expect(tried).toEqual(["true", "true", "false"]);
  expect(calls.filter(({ path }) => path.startsWith("PUT")).at(-1)?.body).toMatchObject({
    address: "Самара, ул. Ленина, 5",
    contract_number: null,
    point_numbers: [],
    reason: "Замена опоры и провода",
    starts_local: expect.stringMatching(/T09:00$/),
    ends_local: expect.stringMatching(/T17:00$/),
  });
  const { violations } = await axe.run(document.body, { rules: { "color-contrast": { enabled: false } } });
  expect(violations.map(({ id }) => id)).toEqual([]);
});

it("tells in words why an outage cannot be", async () => {
  const { calls } = await open({ [`PUT ${PATH}/drawn`]: () => problem(422, "no_points") });
  await userEvent.selectOptions(screen.getByRole("combobox", { name: "Кого касается" }), "points");
  await fill(screen.getByRole("textbox", { name: "Номера точек учета через запятую" }), "1, 2,");
  await fill(screen.getByRole("textbox", { name: "Причина" }), "Замена опоры");
  await click("ПРОВЕРИТЬ");
  expect((await screen.findByRole("alert")).textContent).toBe("Таких точек учета у поставщика нет");
  expect(calls.at(-1)?.body).toMatchObject({ point_numbers: ["1", "2"], address: null });
});

it("announces under another id what was called off meanwhile", async () => {
  await open({
    [`PUT ${PATH}/drawn`]: () => problem(409, "outage_cancelled"),
    [`PUT ${PATH}/drawn-1`]: () => json(OUTCOME),
  });
  await fill(screen.getByRole("textbox", { name: "Адрес или его начало" }), "Самара, ул. Ленина, 5");
  await fill(screen.getByRole("textbox", { name: "Причина" }), "Замена опоры");
  await click("ПРОВЕРИТЬ");
  expect((await screen.findByRole("alert")).textContent).toBe(
    "Это отключение уже отменили. Объявите ещё раз: оно будет новым.",
  );
  await click("ПРОВЕРИТЬ");
  expect(plain(await screen.findByRole("status"))).toContain("Пока ничего не объявлено");
});

it("calls an outage off after a question, and offers that for none that is over or off already", async () => {
  const cancelled = { ...OUTAGE, id: "2", cancelled: true, contract_number: "76", address: null };
  const over = { ...OUTAGE, id: "3", starts_at: "2026-01-01T05:00:00Z", ends_at: "2026-01-01T06:00:00Z" };
  const { calls } = await open({ [`DELETE ${PATH}/${ID}`]: () => json(OUTCOME) }, [OUTAGE, cancelled, over]);
  const items = (await screen.findAllByRole("listitem")).map(plain);
  expect(items[0]).toBe(
    "03.12.2099 09:00–13:00Замена опорыСамара, ул. Ленина, 5. Время: Europe/SamaraОТМЕНИТЬ",
  );
  expect(items[1]).toContain("ОТМЕНЕНОЗамена опорыдоговор 76. ");
  expect(items[2]).toContain("ПРОШЛО");
  await click("ОТМЕНИТЬ");
  const question = await screen.findByRole("dialog", { name: "Отменить отключение?" });
  await userEvent.click(within(question).getByRole("button", { name: "ОТМЕНИТЬ ОТКЛЮЧЕНИЕ" }));
  await vi.waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(calls.map(({ path }) => path)).toContain(`DELETE ${PATH}/${ID}`);
});

it("says that nothing was announced yet", async () => {
  await open({}, []);
  expect(await screen.findByText("Отключений ещё не объявляли")).toBeTruthy();
});
