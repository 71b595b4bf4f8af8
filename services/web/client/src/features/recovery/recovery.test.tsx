import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import axe from "axe-core";
import { afterEach, expect, it, vi } from "vitest";
import { json, problem } from "../../testing/answers";
import { fill } from "../../testing/fill";
import { stubPortal } from "../../testing/portal";
import { renderPage } from "../../testing/render";
import { NewPasswordPage } from "./NewPasswordPage";
import { RecoveryPage } from "./RecoveryPage";

const RECOVER = "POST /api/v1/recoveries";
const CHECK = "POST /api/v1/recoveries/check";
const COMPLETE = "POST /api/v1/recoveries/complete";
const STRENGTH = { "POST /api/v1/password-strength": () => json({ score: 3, refusal: null }) };
const nothing = () => new Response(null, { status: 204 });

async function openLink(answers: Parameters<typeof stubPortal>[0], fragment = "#token=abc") {
  window.location.hash = fragment;
  const portal = stubPortal({ ...STRENGTH, ...answers });
  await renderPage(NewPasswordPage, "/recover");
  return portal;
}

async function typePasswords(again = "корова-на-луне-7") {
  await fill(await screen.findByLabelText("Новый пароль"), "корова-на-луне-7");
  await fill(screen.getByLabelText("Новый пароль (еще раз)"), again);
  await userEvent.click(screen.getByRole("button", { name: "СОХРАНИТЬ" }));
}

afterEach(() => {
  vi.unstubAllGlobals();
  window.location.hash = "";
});

it("promises a letter only if the address is registered, and says how long its link works", async () => {
  const { calls } = stubPortal({ [RECOVER]: () => json({ expires_in: 1800 }, 202) });
  await renderPage(RecoveryPage, "/recovery");
  await fill(screen.getByLabelText("Электронная почта"), " a@b.example ");
  await userEvent.click(screen.getByRole("button", { name: "ОТПРАВИТЬ" }));
  expect((await screen.findByRole("status")).textContent).toMatch(/^Если адрес a@b.example зарегистрирован/);
  expect(screen.getByText(/^Ссылка действует 30 минут\./)).toBeTruthy();
  expect(calls).toEqual([{ path: RECOVER, body: { email: "a@b.example" } }]);
  const { violations } = await axe.run(document.body, { rules: { "color-contrast": { enabled: false } } });
  expect(violations).toEqual([]);
});

it("looks at the link before it asks for a password", async () => {
  const { calls } = await openLink({ [CHECK]: () => problem(410, "link_expired") });
  expect((await screen.findByRole("alert")).textContent).toBe("Срок действия ссылки истёк.");
  expect(screen.queryByLabelText("Новый пароль")).toBeNull();
  expect(screen.getByRole("link", { name: "ВОССТАНОВИТЬ ДОСТУП" })).toBeTruthy();
  expect(calls).toEqual([{ path: CHECK, body: { token: "abc" } }]);
});

it("asks nothing of the server for a link without a token", async () => {
  const { calls } = await openLink({}, "");
  expect((await screen.findByRole("alert")).textContent).toContain("Ссылка неверна");
  expect(calls).toEqual([]);
});

it("sets the password and leads to sign-in", async () => {
  const { calls } = await openLink({ [CHECK]: nothing, [COMPLETE]: () => json({ email: "a@b.example" }) });
  await typePasswords();
  expect((await screen.findByRole("status")).textContent).toContain("Пароль для a@b.example изменён");
  expect(calls.find(({ path }) => path === COMPLETE)?.body).toEqual({
    token: "abc",
    password: "корова-на-луне-7",
  });
});

it("sends nothing while the passwords differ", async () => {
  const { calls } = await openLink({ [CHECK]: nothing });
  await typePasswords("другое-слово-8");
  expect(screen.getByText("Введенные пароли должны совпадать")).toBeTruthy();
  expect(calls.map(({ path }) => path)).not.toContain(COMPLETE);
});

it("keeps the form for another password when this one is refused", async () => {
  const errors = [{ field: "password", code: "password_common", message: "" }];
  await openLink({ [CHECK]: nothing, [COMPLETE]: () => problem(422, "password_common", { errors }) });
  await typePasswords();
  expect(await screen.findByText(/^Такой пароль легко подобрать/)).toBeTruthy();
  expect(document.activeElement).toBe(screen.getByLabelText("Новый пароль"));
});

it("says so when the link was used meanwhile", async () => {
  await openLink({ [CHECK]: nothing, [COMPLETE]: () => problem(410, "link_used") });
  await typePasswords();
  expect((await screen.findByRole("alert")).textContent).toBe("Эта ссылка уже использована.");
});
