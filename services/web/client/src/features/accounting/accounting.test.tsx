import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import axe from "axe-core";
import type { ReactNode } from "react";
import { afterEach, expect, it, vi } from "vitest";
import type {
  DayCompleteness,
  Edit,
  PointCompleteness,
  PointVerdict,
  Settlement,
} from "../../shared/api/types";
import { json, problem } from "../../testing/answers";
import { fill } from "../../testing/fill";
import { stubPortal } from "../../testing/portal";
import { renderPage } from "../../testing/render";
import { wattHoursOf } from "./amounts";
import { CompletenessPage } from "./CompletenessPage";
import { EditsPage } from "./EditsPage";
import { QuestionsPage } from "./QuestionsPage";
import { ReceiptsPage } from "./ReceiptsPage";
import { completenessSearch, editSearch, questionSearch, receiptSearch } from "./search";

const user = vi.hoisted(() => ({ id: "me" }));
vi.mock("../../shared/api/session", () => ({
  accessToken: async () => "token",
  dropToken: vi.fn(),
  sessionUser: () => user,
}));

const POINT_ID = "11111111-1111-1111-1111-111111111111";
const VERDICTS = "GET /api/v1/operator/verdicts";
const EDITS = "GET /api/v1/operator/edits";
const SLOTS = ["2026-11-20T09:00:00Z", "2026-11-20T09:30:00Z"];
const VERDICT: PointVerdict = {
  id: 7,
  point_id: POINT_ID,
  point_name: "НСТ Автомобилист",
  point_number: "ТУ-1",
  rule: "V10",
  severity: "question",
  state: "open",
  day: "2026-11-20",
  channel: "a_plus",
  value: 31_200,
  limit: 30_000,
  detail: "",
  part: "",
  slots: SLOTS,
  starts_at: "2026-11-19T21:00:00Z",
  changed_at: "2026-11-21T00:00:00Z",
};
const EDIT: Edit = {
  as_of: "2026-11-24T12:00:00Z",
  id: "e1",
  point_id: POINT_ID,
  kind: "values",
  state: "pending",
  reason: "Сбой прибора",
  document: "Акт № 7",
  month: "2026-11-01",
  month_wh: 500_000,
  delta_wh: -120_500,
  needs_second_person: true,
  asked_by: "other",
  asked_at: "2026-11-21T09:00:00Z",
  decided_by: null,
  decided_at: null,
  applied_at: null,
  withdraws: null,
  slots: [
    {
      start: "2026-11-20T09:00:00Z",
      quality: "EDITED",
      a_plus_wh: 500,
      a_minus_wh: 0,
      r_plus_varh: 10,
      r_minus_varh: 0,
      former_quality: "QUESTIONED",
      former_a_plus_wh: 900,
      former_a_minus_wh: 0,
      former_r_plus_varh: 10,
      former_r_minus_varh: 0,
    },
  ],
};
const ANSWERS = {
  [`GET /api/v1/points/${POINT_ID}`]: () =>
    json({ id: POINT_ID, name: "НСТ Автомобилист", number: "ТУ-1", time_zone: "Asia/Yekaterinburg" }),
  [`GET /api/v1/points/${POINT_ID}/profile`]: () =>
    json({ start: "2026-11-20T09:00:00Z", step_seconds: 1800, values: [900, null] }),
};
const plain = (element: Element | null) => (element?.textContent ?? "").replace(/\s/g, " ");
const page = (items: unknown[]) => () => json({ as_of: "2026-11-24T09:00:00Z", items, next_cursor: null });
const click = (name: string) => userEvent.click(screen.getByRole("button", { name }));

async function open(Page: () => ReactNode, path: string, answers: Parameters<typeof stubPortal>[0]) {
  const portal = stubPortal({ ...ANSWERS, ...answers });
  const { router } = await renderPage(
    () => (
      <main>
        <Page />
      </main>
    ),
    path,
    { under: "signed-in" },
  );
  return { ...portal, router };
}

async function expectNothingByAxe() {
  const { violations } = await axe.run(document.body, { rules: { region: { enabled: false } } });
  expect(violations.map(({ id }) => id)).toEqual([]);
}

afterEach(() => vi.unstubAllGlobals());

it("says in words which rule was broken, by what value, at which limit", async () => {
  await open(QuestionsPage, "/operator/questions", {
    [VERDICTS]: (search) => {
      expect([search.get("state"), search.get("severity")]).toEqual(["open", "question"]);
      return json({ items: [VERDICT], next_cursor: null });
    },
  });
  expect(plain(await screen.findByRole("listitem"))).toContain(
    "Расход за сутки не похож на обычныйнайдено — 31,200 кВт·ч, предел — 30,000 кВт·ч" +
      "НСТ Автомобилист (ТУ-1) · 20.11.2026 · V10 · под вопросом получасов: 2",
  );
  await expectNothingByAxe();
});

it("confirms questioned values only with a reason, and tells that a second person is needed", async () => {
  const accept = `POST /api/v1/operator/points/${POINT_ID}/acceptances`;
  const { calls } = await open(QuestionsPage, "/operator/questions", {
    [VERDICTS]: page([VERDICT]),
    [accept]: () => json({ ...EDIT, kind: "accept" }, 201),
  });
  await userEvent.click(
    await screen.findByRole("button", { name: "Подтвердить: НСТ Автомобилист, 20.11.2026" }),
  );
  const dialog = await screen.findByRole("dialog", { name: "Подтвердить значения?" });
  await click("ПОДТВЕРДИТЬ");
  expect(within(dialog).getByText("Напишите причину")).toBeTruthy();
  await fill(within(dialog).getByLabelText(/Причина/), "Ярмарка");
  await click("ПОДТВЕРДИТЬ");
  expect(await screen.findByText(/ждёт подтверждения второго сотрудника/)).toBeTruthy();
  expect(calls.filter(({ path }) => path === accept).map(({ body }) => body)).toEqual([
    { starts: SLOTS, reason: "Ярмарка", document: null },
  ]);
});

it("replaces what was typed alone, in Wh, and shows what stands there now in the point's time", async () => {
  const edits = `POST /api/v1/operator/points/${POINT_ID}/edits`;
  const { calls } = await open(QuestionsPage, "/operator/questions", {
    [VERDICTS]: page([VERDICT]),
    [edits]: () => json({ ...EDIT, state: "approved" }, 201),
  });
  await userEvent.click(
    await screen.findByRole("button", { name: "Исправить: НСТ Автомобилист, 20.11.2026" }),
  );
  const dialog = await screen.findByRole("dialog", { name: "Исправить значения" });
  const field = await within(dialog).findByLabelText("14:00–14:30, кВт·ч");
  expect(plain(dialog)).toContain("Сейчас 0,900 кВт·ч");
  expect(plain(dialog)).toContain("14:30–15:00, кВт·чСейчас нет данных");
  await fill(field, "много");
  await click("ИСПРАВИТЬ");
  expect(within(dialog).getByText("Число, не больше трёх знаков после запятой")).toBeTruthy();
  await fill(field, "0,5");
  await fill(within(dialog).getByLabelText(/Причина/), "Сбой");
  await fill(within(dialog).getByLabelText(/Документ/), "Акт № 7");
  await click("ИСПРАВИТЬ");
  expect(await screen.findByText(/Новые значения появятся/)).toBeTruthy();
  expect(calls.filter(({ path }) => path === edits).map(({ body }) => body)).toEqual([
    {
      reason: "Сбой",
      document: "Акт № 7",
      slots: [{ start: SLOTS[0], a_plus_wh: 500, a_minus_wh: null, r_plus_varh: null, r_minus_varh: null }],
    },
  ]);
});

it("keeps what was typed when the server refuses it, and says why", async () => {
  await open(QuestionsPage, "/operator/questions", {
    [VERDICTS]: page([VERDICT]),
    [`POST /api/v1/operator/points/${POINT_ID}/edits`]: () => problem(422, "above_physical_limit"),
  });
  await userEvent.click(await screen.findByRole("button", { name: /^Исправить/ }));
  const dialog = await screen.findByRole("dialog");
  const field = await within(dialog).findByLabelText("14:00–14:30, кВт·ч");
  await fill(field, "900000");
  await fill(within(dialog).getByLabelText(/Причина/), "Сбой");
  await click("ИСПРАВИТЬ");
  expect(await within(dialog).findByText(/физически невозможно/)).toBeTruthy();
  expect((field as HTMLInputElement).value).toBe("900000");
});

it("lets another person decide an edit after it was shown, and takes it off the list", async () => {
  let items: Edit[] = [EDIT];
  const { calls } = await open(EditsPage, "/operator/edits", {
    [EDITS]: () => json({ items, next_cursor: null }),
    "GET /api/v1/operator/edits/e1": () => json(EDIT),
    "POST /api/v1/operator/edits/e1/confirm": () => {
      items = [];
      return json({ ...EDIT, state: "approved" });
    },
  });
  const row = await screen.findByRole("listitem");
  expect(plain(row)).toContain("за ноябрь 2026 г.: -120,500 кВт·ч к 500,000 кВт·ч месяца");
  await userEvent.click(within(row).getByText("Получасы до и после"));
  expect(plain(await within(row).findByRole("table"))).toContain(
    "20.11.2026 14:00A+0,900 QUESTIONED0,500 EDITED",
  );
  await click("Подтвердить");
  await click("ПОДТВЕРДИТЬ");
  expect(await screen.findByText("Решения никто не ждёт")).toBeTruthy();
  expect(calls.map(({ path }) => path)).toContain("POST /api/v1/operator/edits/e1/confirm");
});

it("refuses an edit only after a question, and says when another was quicker", async () => {
  const { calls } = await open(EditsPage, "/operator/edits", {
    [EDITS]: page([EDIT]),
    "POST /api/v1/operator/edits/e1/refuse": () => problem(409, "edit_not_open"),
  });
  await screen.findByRole("listitem");
  await click("Отклонить");
  expect(calls.map(({ path }) => path)).not.toContain("POST /api/v1/operator/edits/e1/refuse");
  await click("ОТКЛОНИТЬ");
  expect(await screen.findByText(/уже есть решение/)).toBeTruthy();
});

it("offers nobody to decide about an own edit", async () => {
  await open(EditsPage, "/operator/edits", { [EDITS]: page([{ ...EDIT, asked_by: "me" }]) });
  expect(await screen.findByText("Внесли вы: решит другой сотрудник")).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Подтвердить" })).toBeNull();
});

it("takes an own edit back before it is decided, with a reason", async () => {
  let items: Edit[] = [{ ...EDIT, asked_by: "me" }];
  const withdraw = "POST /api/v1/operator/edits/e1/withdraw";
  const { calls } = await open(EditsPage, "/operator/edits", {
    [EDITS]: () => json({ items, next_cursor: null }),
    [withdraw]: () => {
      items = [];
      return json({ ...EDIT, state: "withdrawn" });
    },
  });
  await screen.findByRole("listitem");
  await click("Отозвать исправление");
  const dialog = await screen.findByRole("dialog", { name: "Отозвать исправление?" });
  await click("ОТОЗВАТЬ ИСПРАВЛЕНИЕ");
  expect(within(dialog).getByText("Напишите причину")).toBeTruthy();
  await fill(within(dialog).getByLabelText(/Причина/), "Не та точка");
  await click("ОТОЗВАТЬ ИСПРАВЛЕНИЕ");
  expect((await screen.findByRole("status")).textContent).toBe("Исправление отозвано, значения прежние.");
  expect(screen.getByText("Решения никто не ждёт")).toBeTruthy();
  expect(calls.filter(({ path }) => path === withdraw).map(({ body }) => body)).toEqual([
    { reason: "Не та точка" },
  ]);
});

it("puts back what stood before a written edit, by a new one that another person may have to confirm", async () => {
  await open(EditsPage, "/operator/edits", {
    [EDITS]: page([{ ...EDIT, state: "applied" }]),
    "POST /api/v1/operator/edits/e1/withdraw": () => json({ ...EDIT, id: "e2", kind: "restore" }),
  });
  await screen.findByRole("listitem");
  await click("Вернуть прежние значения");
  const dialog = await screen.findByRole("dialog", { name: "Вернуть прежние значения?" });
  await fill(within(dialog).getByLabelText(/Причина/), "Ошибка");
  await click("ВЕРНУТЬ");
  expect(await screen.findByText(/ждёт подтверждения второго сотрудника/)).toBeTruthy();
});

it.each<[string, string[], string[]]>([
  ["those in question", [SLOTS[1] ?? ""], ["14:30–15:00–нет связи с прибором"]],
  [
    "all that were not measured",
    [],
    ["14:30–15:00–нет связи с прибором", "15:00–15:300,300 кВт·чРасчётно, по прошлым дням"],
  ],
])("lists of a day %s, and opens every version of a half hour", async (_, slots, listed) => {
  await open(QuestionsPage, "/operator/questions", {
    [VERDICTS]: page([{ ...VERDICT, slots }]),
    [`GET /api/v1/points/${POINT_ID}/profile`]: (search) => {
      expect(search.get("start")).toBe("2026-11-19T19:00:00.000Z");
      return json({
        time_zone: "Asia/Yekaterinburg",
        start: SLOTS[0],
        step_seconds: 1800,
        values: [900, null, 300],
        quality: ["VALID", "GAP", "HISTORY"],
        gaps: [{ start: SLOTS[1], end: "2026-11-20T10:00:00Z", reason: "no_link" }],
      });
    },
    [`GET /api/v1/points/${POINT_ID}/intervals/history`]: () => json({ items: [] }),
  });
  await userEvent.click(await screen.findByText("Получасы и их история"));
  const first = await screen.findByRole("button", { name: "История значения 14:30–15:00" });
  expect(
    within(first.closest("ul") ?? document.body)
      .getAllByRole("listitem")
      .map(plain),
  ).toEqual(listed);
  await userEvent.click(first);
  expect(await screen.findByText("За этот интервал ничего не сохранено")).toBeTruthy();
});

const DAY: DayCompleteness = {
  day: "2026-11-20",
  points: 200,
  points_incomplete: 3,
  points_open: 1,
  slots_expected: 9600,
  slots_received: 9599,
  slots_valid: 9500,
  slots_estimated: 20,
  slots_missing: 1,
};

it("never rounds a day with a gap up to whole, and leads to its points", async () => {
  const point: PointCompleteness = {
    point_id: POINT_ID,
    point_number: "ТУ-1",
    contract_id: POINT_ID,
    revision: 2,
    state: "incomplete",
    verdict: "differs",
    cause: "missing_slots",
    slots_expected: 48,
    slots_received: 47,
    slots_valid: 47,
    slots_estimated: 0,
    slots_missing: 1,
  };
  const { router } = await open(CompletenessPage, "/operator/completeness", {
    "GET /api/v1/operator/completeness": page([DAY]),
    "GET /api/v1/operator/completeness/points": page([point]),
  });
  const row = (await screen.findByRole("link", { name: "20.11.2026" })).closest("tr");
  expect(plain(row)).toBe("20.11.202699,9 %нет 1всего 200, неполных 3, ещё открыты 1расчётных получасов: 20");
  expect(screen.getAllByText("Состояние на 24.11.2026 12:00")).toHaveLength(1);
  await expectNothingByAxe();
  await userEvent.click(screen.getByRole("link", { name: "20.11.2026" }));
  await waitFor(() => expect(router.state.location.search).toEqual({ day: "2026-11-20" }));
  expect(plain(await screen.findByRole("region", { name: "Пропуски за 20.11.2026" }))).toContain(
    "ТУ-1получено 47 из 48, ревизия 2Получасы и их историянет 1",
  );
});

it("shows what billing has not answered or answered otherwise, and the way to send it again", async () => {
  const settlement: Settlement = {
    point_id: POINT_ID,
    point_number: "ТУ-1",
    contract_id: POINT_ID,
    day: "2026-11-20",
    revision: 2,
    state: "wrong_digest",
    digest: "aaa",
    received_digest: "bbb",
    received_at: "2026-11-21T10:00:00Z",
    closed_at: "2026-11-21T00:00:00Z",
    age_seconds: 5 * 3600 + 60,
    lands_in_period: "2026-11-01",
    used_in_period: null,
  };
  await open(ReceiptsPage, "/operator/receipts", {
    "GET /api/v1/operator/receipts": page([settlement]),
  });
  expect(plain(await screen.findByRole("listitem"))).toBe(
    "ТУ-1 · 20.11.2026ревизия 2, закрыты 5 часов назад, для расчёта за ноябрь 2026 г." +
      "отправлено aaa, получено bbbДРУГИЕ ЗНАЧЕНИЯ",
  );
  expect(screen.getByRole("link", { name: "Отправить сутки ещё раз" }).getAttribute("href")).toBe(
    "/operator/replays",
  );
  await expectNothingByAxe();
});

it.each<[() => ReactNode, string, string, string]>([
  [QuestionsPage, "/operator/questions", VERDICTS, "Таких вопросов нет"],
  [EditsPage, "/operator/edits", EDITS, "Решения никто не ждёт"],
  [
    CompletenessPage,
    "/operator/completeness",
    "GET /api/v1/operator/completeness",
    "За последний месяц суток нет",
  ],
  [ReceiptsPage, "/operator/receipts", "GET /api/v1/operator/receipts", "На все сутки есть ответ"],
])("says what is empty, and what failed: %#", async (Page, path, call, words) => {
  let answer = () => problem(503, "busy");
  await open(Page, path, { [call]: () => answer() });
  expect(await screen.findByRole("alert")).toBeTruthy();
  answer = page([]);
  await click("Повторить");
  expect(await screen.findByText(words)).toBeTruthy();
});

it.each([
  ["0,5", 500],
  ["12.345", 12_345],
  [" 7 ", 7000],
  ["0", 0],
  ["1,2345", null],
  ["-1", null],
  ["1e3", null],
  ["", null],
])("reads «%s» as %s Wh", (text, wh) => {
  expect(wattHoursOf(text)).toBe(wh);
});

it("drops from an address what it does not know", () => {
  expect(questionSearch({ state: "withdrawn", severity: "gap" })).toEqual({ severity: "gap" });
  expect(editSearch({ state: "applied" })).toEqual({ state: "applied" });
  expect(receiptSearch({ state: 1 })).toEqual({});
  expect(completenessSearch({ day: "2026-13-01" })).toEqual({});
});
