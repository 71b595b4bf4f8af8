import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import axe from "axe-core";
import { afterEach, expect, it, vi } from "vitest";
import { json, problem } from "../../testing/answers";
import { fill } from "../../testing/fill";
import { stubPortal } from "../../testing/portal";
import { renderPage } from "../../testing/render";
import { RegistrationPage } from "./RegistrationPage";

const REGISTRATION = {
  registration_id: "00000000-0000-0000-0000-000000000007",
  email: "new@halfhour.example",
  resend_after_seconds: 60,
};
const STRENGTH = { "POST /api/v1/password-strength": () => json({ score: 4, refusal: null }) };

const field = (label: string) => screen.getByLabelText<HTMLInputElement>(label);
const submit = () => userEvent.click(screen.getByRole("button", { name: "ЗАРЕГИСТРИРОВАТЬСЯ" }));
const open = () => renderPage(RegistrationPage, "/registration");

async function fillForm(again = "корова-на-луне-7") {
  await fill(field("E-mail"), " new@halfhour.example ");
  await fill(field("Ф.И.О."), "Анна Ким");
  await fill(field("Телефон"), "8 900 111-22-33");
  await fill(field("Пароль"), "корова-на-луне-7");
  await fill(field("Пароль (еще раз)"), again);
}

afterEach(() => vi.unstubAllGlobals());

it("names each empty field in place, goes to the first and has nothing that axe finds", async () => {
  const { calls } = stubPortal(STRENGTH);
  await open();
  await submit();
  expect(screen.getAllByText("Поле обязательно для заполнения")).toHaveLength(5);
  expect(document.activeElement).toBe(field("E-mail"));
  expect(calls).toEqual([]);
  const { violations } = await axe.run(document.body, { rules: { "color-contrast": { enabled: false } } });
  expect(violations).toEqual([]);
});

it("tells the rule of the password before anything is typed", async () => {
  await open();
  expect(screen.getByText(/^Не менее 8 символов/)).toBeTruthy();
});

it("sends nothing while the passwords differ", async () => {
  const { calls } = stubPortal(STRENGTH);
  await open();
  await fillForm("другое-слово-8");
  await submit();
  expect(screen.getByText("Введенные пароли должны совпадать")).toBeTruthy();
  expect(calls.map(({ path }) => path)).not.toContain("POST /api/v1/registrations");
});

it("registers in the language of the page and goes to the page about the letter", async () => {
  const { calls } = stubPortal({ ...STRENGTH, "POST /api/v1/registrations": () => json(REGISTRATION, 201) });
  const { router } = await open();
  await fillForm();
  await submit();
  expect(await screen.findByText("at /registration/sent")).toBeTruthy();
  expect(router.state.location.state).toMatchObject({ registration: REGISTRATION });
  expect(calls.find(({ path }) => path === "POST /api/v1/registrations")?.body).toEqual({
    email: "new@halfhour.example",
    full_name: "Анна Ким",
    phone: "8 900 111-22-33",
    password: "корова-на-луне-7",
    language: "ru",
  });
});

it("says in the manual's words that the e-mail is taken, beside the field, with the way to sign in", async () => {
  const taken = () =>
    problem(409, "email_taken", { errors: [{ field: "email", code: "email_taken", message: "" }] });
  stubPortal({ ...STRENGTH, "POST /api/v1/registrations": taken });
  await open();
  await fillForm();
  await submit();
  expect(await screen.findByText("Пользователь с таким E-mail уже существует")).toBeTruthy();
  expect(document.activeElement).toBe(field("E-mail"));
  expect(screen.getByRole("link", { name: "Войдите" })).toBeTruthy();
  expect(screen.getByRole("link", { name: "восстановите доступ" })).toBeTruthy();
});

it("shows the strength some time after the last key", async () => {
  const weak = () => json({ score: 0, refusal: "password_common" });
  stubPortal({ "POST /api/v1/password-strength": weak });
  await open();
  await fill(field("Пароль"), "password");
  expect(await screen.findByText(/^Такой пароль легко подобрать/)).toBeTruthy();
});

it("says nothing of the strength when the server does not", async () => {
  const { calls } = stubPortal({ "POST /api/v1/password-strength": () => problem(503, "busy") });
  await open();
  await fill(field("Пароль"), "password");
  await waitFor(() => expect(calls).toHaveLength(1));
  expect(screen.queryByText(/Пароль надёжный/)).toBeNull();
  expect(screen.queryByRole("alert")).toBeNull();
});
