import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import axe from "axe-core";
import type { ReactNode } from "react";
import { afterEach, expect, it, vi } from "vitest";
import { networkProblem } from "../../shared/api/problem";
import { renewSession } from "../../shared/api/session";
import type { CredentialSheet, OperatorContract, Replay } from "../../shared/api/types";
import { json, problem } from "../../testing/answers";
import { fill } from "../../testing/fill";
import { stubPortal } from "../../testing/portal";
import { renderPage } from "../../testing/render";
import { ContractsPage } from "./ContractsPage";
import { ImportPage } from "./ImportPage";
import { ReplaysPage } from "./ReplaysPage";

vi.mock("../../shared/api/session", () => ({
  accessToken: async () => "token",
  dropToken: vi.fn(),
  renewSession: vi.fn(async () => undefined),
  sessionUser: () => null,
}));

const CONTRACTS = "GET /api/v1/operator/contracts";
const SHEETS = "POST /api/v1/operator/credential-sheets";
const IMPORT = "POST /api/v1/operator/contract-imports";
const REPLAYS = "GET /api/v1/operator/replays";
const REPLAY = "POST /api/v1/operator/replays";

function contract(number: string, change: Partial<OperatorContract> = {}): OperatorContract {
  return {
    id: `00000000-0000-0000-0000-${number.padStart(12, "0")}`,
    number,
    login: `login-${number}`,
    closed: false,
    has_password: true,
    users: 0,
    created_at: "2026-11-20T22:30:00Z",
    ...change,
  };
}
const SEEN = contract("1", { users: 2 });
const FRESH = contract("2", { has_password: false });
const CLOSED = contract("3", { closed: true });
const SHEET: CredentialSheet = {
  supplier: "ОЭС 360",
  issued_at: "2026-11-24T10:00:00Z",
  items: [{ contract_id: SEEN.id, number: "1", login: "login-1", password: "abcd-efgh-jkmn" }],
};

async function open(page: () => ReactNode, path: string, answers: Parameters<typeof stubPortal>[0]) {
  const portal = stubPortal({
    [CONTRACTS]: () => json({ items: [SEEN, FRESH, CLOSED], next_cursor: null }),
    ...answers,
  });
  const Page = page;
  await renderPage(
    () => (
      <main>
        <Page />
      </main>
    ),
    path,
    { under: "signed-in" },
  );
  return portal;
}
const openContracts = (answers: Parameters<typeof stubPortal>[0] = {}) =>
  open(ContractsPage, "/operator/contracts", answers);
const click = (name: string) => userEvent.click(screen.getByRole("button", { name }));
const csv = (text: string) => new File([text], "contracts.csv", { type: "text/csv" });

const CHALLENGE = {
  challenge_id: "00000000-0000-0000-0000-000000000009",
  factors: ["totp"],
  phone_hint: null,
  passkey_options: null,
  expires_in: 300,
};
const PROOF = {
  "POST /api/v1/me/step-up": () => json({ confirmed_until: null, challenge: CHALLENGE }),
  "POST /api/v1/me/step-up/second-factor": () =>
    json({ confirmed_until: "2026-11-24T10:05:00Z", challenge: null }),
};

async function prove() {
  const proof = within(await screen.findByRole("dialog", { name: "Подтвердите, что это вы" }));
  await fill(proof.getByLabelText("Пароль"), "right");
  await userEvent.click(proof.getByRole("button", { name: "ПОДТВЕРДИТЬ" }));
  await fill(await proof.findByLabelText("Код из приложения"), "123456");
  await userEvent.click(proof.getByRole("button", { name: "ПОДТВЕРДИТЬ" }));
}

afterEach(() => vi.unstubAllGlobals());

it("warns who loses access before it issues a password, and shows the sheet until it is closed on purpose", async () => {
  const { calls } = await openContracts({ [SHEETS]: () => json(SHEET) });
  await userEvent.click(await screen.findByRole("checkbox", { name: "Выбрать договор 1" }));
  await click("ВЫДАТЬ ПАРОЛИ: 1");
  const question = await screen.findByRole("dialog", { name: "Выдать новые пароли?" });
  expect(question.textContent).toContain("2 человека потеряют доступ");
  expect(calls.map(({ path }) => path)).not.toContain(SHEETS);
  await click("ВЫДАТЬ");
  expect(await screen.findByText("abcd-efgh-jkmn")).toBeTruthy();
  expect(calls.find(({ path }) => path === SHEETS)?.body).toEqual({ contract_ids: [SEEN.id] });
  await click("ГОТОВО");
  await userEvent.click(await screen.findByRole("button", { name: "ОТМЕНА" }));
  expect(screen.getByText("abcd-efgh-jkmn")).toBeTruthy();
  await click("ГОТОВО");
  await userEvent.click(await screen.findByRole("button", { name: "ЗАКРЫТЬ ЛИСТ" }));
  await waitFor(() => expect(screen.queryByText("abcd-efgh-jkmn")).toBeNull());
});

it("asks for the second factor where it was shown long ago, takes a new token, and issues the passwords then", async () => {
  let renewed = false;
  vi.mocked(renewSession).mockImplementationOnce(async () => {
    renewed = true;
  });
  const { calls } = await openContracts({
    [SHEETS]: () => (renewed ? json(SHEET) : problem(403, "recent_factor_required")),
    ...PROOF,
  });
  await userEvent.click(await screen.findByRole("checkbox", { name: "Выбрать договор 1" }));
  await click("ВЫДАТЬ ПАРОЛИ: 1");
  await click("ВЫДАТЬ");
  await prove();
  expect(await screen.findByText("abcd-efgh-jkmn")).toBeTruthy();
  expect(calls.filter(({ path }) => path === SHEETS)).toHaveLength(2);
});

it.each([
  ["the session could not be renewed", networkProblem(), "Сервис временно недоступен"],
  ["the proof was not enough", null, "Подтверждение не подействовало"],
])("says that nothing was issued, and what to do, where %s", async (_, failure, text) => {
  if (failure !== null) vi.mocked(renewSession).mockRejectedValueOnce(failure);
  await openContracts({ [SHEETS]: () => problem(403, "recent_factor_required"), ...PROOF });
  await userEvent.click(await screen.findByRole("checkbox", { name: "Выбрать договор 2" }));
  await click("ВЫДАТЬ ПАРОЛИ: 1");
  await click("ВЫДАТЬ");
  await prove();
  expect((await screen.findByRole("alert")).textContent).toContain(text);
});

it("warns of nothing where no password is replaced, and chooses no closed contract with all others", async () => {
  await openContracts();
  await userEvent.click(await screen.findByRole("checkbox", { name: "Выбрать все показанные" }));
  expect(screen.getByRole("button", { name: "ВЫДАТЬ ПАРОЛИ: 2" })).toBeTruthy();
  await userEvent.click(screen.getByRole("checkbox", { name: "Выбрать договор 1" }));
  await click("ВЫДАТЬ ПАРОЛИ: 1");
  const question = await screen.findByRole("dialog");
  expect(question.textContent).not.toContain("Прежние пароли");
});

it("says that passwords may have changed when the answer was lost", async () => {
  await openContracts({ [SHEETS]: () => Promise.reject(new TypeError("offline")) });
  await userEvent.click(await screen.findByRole("checkbox", { name: "Выбрать договор 2" }));
  await click("ВЫДАТЬ ПАРОЛИ: 1");
  await click("ВЫДАТЬ");
  expect((await screen.findByRole("alert")).textContent).toContain("Пароли могли смениться");
});

it("places the server's refusals of a new contract at their fields", async () => {
  const errors = [{ field: "login", code: "login_taken", message: "" }];
  await openContracts({
    "POST /api/v1/operator/contracts": () => problem(409, "login_taken", { errors }),
  });
  await click("СОЗДАТЬ ДОГОВОР");
  await fill(await screen.findByLabelText("Номер договора"), "9");
  await fill(screen.getByLabelText("Логин"), "login-1");
  await click("СОЗДАТЬ");
  expect(await screen.findByText("Этот логин уже у другого договора")).toBeTruthy();
  expect(document.activeElement).toBe(screen.getByLabelText("Логин"));
});

it("lists what is wrong in a file by its row, and takes nothing over", async () => {
  const report = { dry_run: true, rows: 1, created: 0, changed: 0, unchanged: 0 };
  const fault = { row: 7, column: "login", code: "login_taken", message: "x" };
  const { calls } = await open(ImportPage, "/operator/import", {
    [IMPORT]: () => json({ ...report, errors: [fault] }),
  });
  await userEvent.upload(screen.getByLabelText("Файл CSV или XLSX"), csv("Номер;Логин\n1;a\n"));
  await userEvent.click(screen.getAllByRole("button", { name: "ПРОВЕРИТЬ" })[0] as HTMLElement);
  const row = within(await screen.findByRole("table")).getAllByRole("row")[1];
  expect(row?.textContent).toBe("7ЛогинЭтот логин уже у другого договора");
  expect(screen.queryByRole("button", { name: "ЗАГРУЗИТЬ" })).toBeNull();
  expect(calls.find(({ path }) => path === IMPORT)?.body).toBe("Номер;Логин\n1;a\n");
  const { violations } = await axe.run(document.body, { rules: { "color-contrast": { enabled: false } } });
  expect(violations).toEqual([]);
});

it("takes a file over only after a check without errors", async () => {
  const asked: (string | null)[] = [];
  await open(ImportPage, "/operator/import", {
    [IMPORT]: (search) => {
      asked.push(search.get("dry_run"));
      const dry_run = search.get("dry_run") === "true";
      return json({ dry_run, rows: 1, created: 1, changed: 0, unchanged: 0, errors: [] });
    },
  });
  await userEvent.upload(screen.getByLabelText("Файл CSV или XLSX"), csv("Номер;Логин\n1;a\n"));
  await userEvent.click(screen.getAllByRole("button", { name: "ПРОВЕРИТЬ" })[0] as HTMLElement);
  expect(await screen.findByText("Файл без ошибок, пока ничего не загружено")).toBeTruthy();
  await click("ЗАГРУЗИТЬ");
  expect(await screen.findByText("Файл загружен")).toBeTruthy();
  expect(asked).toEqual(["true", "false"]);
});

it("asks for the second factor before a file with passwords is taken over, and takes it over then", async () => {
  let renewed = false;
  vi.mocked(renewSession).mockImplementationOnce(async () => {
    renewed = true;
  });
  await open(ImportPage, "/operator/import", {
    [IMPORT]: (search) => {
      const dry_run = search.get("dry_run") === "true";
      if (!dry_run && !renewed) return problem(403, "recent_factor_required");
      return json({ dry_run, rows: 1, created: 0, changed: 1, unchanged: 0, errors: [] });
    },
    ...PROOF,
  });
  const file = csv("Номер;Логин;password_argon2id\n1;a;$argon2id$\n");
  await userEvent.upload(screen.getByLabelText("Файл CSV или XLSX"), file);
  await userEvent.click(screen.getAllByRole("button", { name: "ПРОВЕРИТЬ" })[0] as HTMLElement);
  await userEvent.click(await screen.findByRole("button", { name: "ЗАГРУЗИТЬ" }));
  await prove();
  expect(await screen.findByText("Файл загружен")).toBeTruthy();
});

it("sends no file of another kind", async () => {
  const { calls } = await open(ImportPage, "/operator/import", {});
  const field = screen.getByLabelText("Файл CSV или XLSX");
  await userEvent.upload(field, new File(["x"], "a.pdf"), { applyAccept: false });
  expect(await screen.findByText("Выберите файл .csv, .xlsx")).toBeTruthy();
  expect(screen.getAllByRole<HTMLButtonElement>("button", { name: "ПРОВЕРИТЬ" })[0]?.disabled).toBe(true);
  expect(calls).toEqual([]);
});

it("asks for whole days, the last one included, and shows how far an order is", async () => {
  const order: Replay = {
    id: "00000000-0000-0000-0000-000000000001",
    what: "days",
    point_ids: null,
    start: "2026-11-01",
    end: "2026-11-04",
    asked_by: null,
    asked_at: "2026-11-24T10:00:00Z",
    done_until: "2026-11-03",
    messages_sent: 21,
    finished_at: null,
  };
  const { calls } = await open(ReplaysPage, "/operator/replays", {
    [REPLAYS]: () => json({ items: [order] }),
    [REPLAY]: () => problem(429, "replays_running", { headers: { "Retry-After": "60" } }),
  });
  const row = await screen.findByText("ИДЁТ");
  expect(row.closest("li")?.textContent).toContain("за 01.11.2026 – 03.11.2026");
  expect(row.closest("li")?.textContent).toContain("дни до 02.11.2026 готовы");
  await click("ОТПРАВИТЬ");
  expect((await screen.findByRole("alert")).textContent).toContain("Три повторные отправки");
  const sent = calls.find(({ path }) => path === REPLAY)?.body as { start: string; end: string } | undefined;
  expect(Date.parse(sent?.end ?? "") - Date.parse(sent?.start ?? "")).toBe(86_400_000);
});
