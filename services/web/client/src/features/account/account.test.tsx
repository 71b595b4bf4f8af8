import { fireEvent, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import axe from "axe-core";
import type { ReactNode } from "react";
import { afterEach, expect, it, vi } from "vitest";
import { StepUpProvider } from "../../shared/security/StepUp";
import { json, problem } from "../../testing/answers";
import { fill } from "../../testing/fill";
import { stubPortal } from "../../testing/portal";
import { renderPage } from "../../testing/render";
import { PersonalTab } from "./PersonalTab";
import { SessionsBlock } from "./SessionsBlock";

vi.mock("../../shared/api/session", () => ({
  accessToken: async () => "token",
  dropToken: vi.fn(),
  sessionUser: () => null,
}));

const PROFILE = {
  email: "a@b.example",
  pending_email: null,
  full_name: "Анна Ким",
  phone: "+79001112233",
  language: "ru",
};
const SESSION = {
  id: "00000000-0000-0000-0000-000000000001",
  device: "Chrome, Windows",
  address: "192.0.2.1",
  created_at: "2026-11-20T10:00:00Z",
  last_used_at: "2026-11-24T10:00:00Z",
  current: true,
};
const OTHER = {
  ...SESSION,
  id: "00000000-0000-0000-0000-000000000002",
  device: "Safari, iPhone",
  current: false,
};
const PREFERENCES = { supplier: true, meter: true, version: 4 };
const KEY = {
  id: "00000000-0000-0000-0000-00000000000a",
  name: "Домашний сервер",
  contract_ids: [],
  created_at: "2026-11-01T00:00:00Z",
  expires_at: "2999-01-01T00:00:00Z",
  last_used_at: null,
  revoked_at: null,
};
const PROVED = { confirmed_until: "2026-11-24T10:05:00Z", challenge: null };
const CHALLENGE = {
  challenge_id: "00000000-0000-0000-0000-000000000009",
  factors: ["totp"],
  phone_hint: null,
  passkey_options: null,
  expires_in: 300,
};
const nothing = () => new Response(null, { status: 204 });
const unproved = () => problem(403, "step_up_required");
const click = (name: string) => userEvent.click(screen.getByRole("button", { name }));

/** The answers in their order; the last one stays. */
function inTurn(...answers: (() => Response)[]): () => Response {
  let index = 0;
  return () => (answers[Math.min(index++, answers.length - 1)] ?? nothing)();
}

const inside = (part: ReactNode) => () => (
  <main>
    <h1>Профиль</h1>
    <StepUpProvider>{part}</StepUpProvider>
  </main>
);
const Personal = inside(<PersonalTab />);
const Sessions = inside(<SessionsBlock />);

async function open(page: () => ReactNode, answers: Parameters<typeof stubPortal>[0]) {
  const portal = stubPortal({
    "GET /api/v1/me/profile": () => json(PROFILE),
    "GET /api/v1/preferences": () => json(PREFERENCES),
    "GET /api/v1/me/api-keys": () => json({ items: [KEY], next_cursor: null }),
    "GET /api/v1/me/sessions": () => json({ items: [SESSION, OTHER], next_cursor: null }),
    "POST /api/v1/password-strength": () => json({ score: 3, refusal: null }),
    ...answers,
  });
  await renderPage(page, "/profile");
  const sent = (path: string) => portal.calls.filter((call) => call.path === path).map(({ body }) => body);
  return { sent };
}

afterEach(() => vi.unstubAllGlobals());

it("sends only what was changed, and says when a new name is shown", async () => {
  const saved = { ...PROFILE, full_name: "Анна Цой" };
  const { sent } = await open(Personal, { "PATCH /api/v1/me/profile": () => json(saved) });
  const name = await screen.findByLabelText<HTMLInputElement>("Ф.И.О.");
  expect(screen.getByText("В кабинете изменится после следующего входа")).toBeTruthy();
  await fill(name, "Анна Цой");
  await click("СОХРАНИТЬ");
  expect((await screen.findByRole("status")).textContent).toBe("Сохранено.");
  expect(sent("PATCH /api/v1/me/profile")).toEqual([{ full_name: "Анна Цой" }]);
});

it("asks for the password before the e-mail changes, then goes on by itself", async () => {
  const { sent } = await open(Personal, {
    "POST /api/v1/me/email": inTurn(unproved, () => json({ email: "new@b.example", expires_in: 86400 }, 202)),
    "POST /api/v1/me/step-up": () => json(PROVED),
  });
  await screen.findByText("a@b.example");
  await click("ИЗМЕНИТЬ E-MAIL");
  await fill(screen.getByLabelText("Новый E-mail"), "new@b.example");
  await click("ОТПРАВИТЬ");
  await screen.findByRole("dialog", { name: "Подтвердите, что это вы" });
  await fill(screen.getByLabelText("Пароль"), "right");
  await click("ПОДТВЕРДИТЬ");
  await waitFor(() => expect(screen.queryByLabelText("Новый E-mail")).toBeNull());
  expect(sent("POST /api/v1/me/email")).toEqual([{ email: "new@b.example" }, { email: "new@b.example" }]);
  expect(sent("POST /api/v1/me/step-up")).toEqual([{ password: "right" }]);
});

it("sends the letter to a new address once more", async () => {
  const { sent } = await open(Personal, {
    "GET /api/v1/me/profile": () => json({ ...PROFILE, pending_email: "new@b.example" }),
    "POST /api/v1/me/email": () => json({ email: "new@b.example", expires_in: 86400 }, 202),
  });
  await userEvent.click(await screen.findByRole("button", { name: "Отправить ещё раз" }));
  expect(await screen.findByText("Новое письмо отправлено на new@b.example.")).toBeTruthy();
  expect(sent("POST /api/v1/me/email")).toEqual([{ email: "new@b.example" }]);
});

it("changes the password with one typing of the present one, and asks for the factor of those who have it", async () => {
  const { sent } = await open(Personal, {
    "PUT /api/v1/me/password": inTurn(unproved, nothing),
    "POST /api/v1/me/step-up": () => json({ confirmed_until: null, challenge: CHALLENGE }),
    "POST /api/v1/me/step-up/second-factor": () => json(PROVED),
  });
  await click("ИЗМЕНИТЬ ПАРОЛЬ");
  await fill(screen.getByLabelText("Текущий пароль"), "right");
  await fill(screen.getByLabelText("Новый пароль"), "корова-на-луне-7");
  await fill(screen.getByLabelText("Новый пароль (еще раз)"), "корова-на-луне-7");
  await userEvent.click(await screen.findByRole("checkbox", { name: "Оставить ключи API" }));
  await click("ОТПРАВИТЬ");
  await fill(await screen.findByLabelText("Код из приложения"), "123456");
  await click("ПОДТВЕРДИТЬ");
  expect(await screen.findByText("Пароль изменён. Остальные сеансы завершены.")).toBeTruthy();
  expect(sent("POST /api/v1/me/step-up")).toEqual([{ password: "right" }]);
  const body = { current_password: "right", new_password: "корова-на-луне-7", keep_api_keys: true };
  expect(sent("PUT /api/v1/me/password")).toEqual([body, body]);
});

it("asks about API keys only who has one", async () => {
  const revoked = { ...KEY, revoked_at: "2026-11-02T00:00:00Z" };
  const { sent } = await open(Personal, {
    "GET /api/v1/me/api-keys": () => json({ items: [revoked], next_cursor: null }),
  });
  await click("ИЗМЕНИТЬ ПАРОЛЬ");
  await waitFor(() => expect(sent("GET /api/v1/me/api-keys")).toHaveLength(1));
  expect(screen.queryByRole("checkbox")).toBeNull();
});

it("turns a switch with the click, and back when it was not stored: another device has changed it meanwhile", async () => {
  const { sent } = await open(Personal, {
    "GET /api/v1/preferences": inTurn(
      () => json(PREFERENCES),
      () => json({ supplier: true, meter: false, version: 5 }),
    ),
    "PUT /api/v1/preferences": () => problem(409, "changed_meanwhile"),
  });
  const supplier = await screen.findByRole<HTMLInputElement>("switch", { name: "Уведомления от поставщика" });
  const meter = screen.getByRole<HTMLInputElement>("switch", { name: "Уведомления от приборов учета" });
  fireEvent.click(supplier);
  expect(supplier.checked).toBe(false);
  expect((await screen.findByRole("alert")).textContent).toContain("изменились на другом устройстве");
  await waitFor(() => expect(meter.checked).toBe(false));
  expect(supplier.checked).toBe(true);
  expect(sent("PUT /api/v1/preferences")).toEqual([{ supplier: false, meter: true, version: 4 }]);
});

it("says beside the field that the present password is wrong", async () => {
  const errors = [{ field: "current_password", code: "wrong_password", message: "" }];
  await open(Personal, { "PUT /api/v1/me/password": () => problem(403, "wrong_password", { errors }) });
  await click("ИЗМЕНИТЬ ПАРОЛЬ");
  await fill(screen.getByLabelText("Текущий пароль"), "wrong");
  await fill(screen.getByLabelText("Новый пароль"), "корова-на-луне-7");
  await fill(screen.getByLabelText("Новый пароль (еще раз)"), "корова-на-луне-7");
  await click("ОТПРАВИТЬ");
  expect(await screen.findByText("Неверный пароль")).toBeTruthy();
  expect(document.activeElement).toBe(screen.getByLabelText("Текущий пароль"));
});

it("ends nothing, and complains of nothing, when the question for the proof is closed", async () => {
  const end = `DELETE /api/v1/me/sessions/${OTHER.id}`;
  const { sent } = await open(Sessions, { [end]: unproved });
  expect(await screen.findByText("ЭТОТ СЕАНС")).toBeTruthy();
  await click("Завершить сеанс: Safari, iPhone");
  await screen.findByRole("dialog");
  await click("Закрыть");
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(screen.queryByRole("alert")).toBeNull();
  expect(sent(end)).toHaveLength(1);
});

it("ends all other sessions at once", async () => {
  const { sent } = await open(Sessions, { "DELETE /api/v1/me/sessions": nothing });
  await screen.findByText("Safari, iPhone");
  await click("ЗАВЕРШИТЬ ВСЕ ОСТАЛЬНЫЕ");
  await waitFor(() => expect(sent("GET /api/v1/me/sessions")).toHaveLength(2));
  expect(sent("DELETE /api/v1/me/sessions")).toHaveLength(1);
});

it("has nothing that axe finds, with the password form open", async () => {
  await open(Personal, {});
  await click("ИЗМЕНИТЬ ПАРОЛЬ");
  await screen.findByLabelText("Телефон");
  const { violations } = await axe.run(document.body, { rules: { "color-contrast": { enabled: false } } });
  expect(violations).toEqual([]);
});
