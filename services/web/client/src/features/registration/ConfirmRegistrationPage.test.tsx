import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { json, problem } from "../../testing/answers";
import { stubPortal } from "../../testing/portal";
import { renderPage } from "../../testing/render";
import { ConfirmRegistrationPage } from "./ConfirmRegistrationPage";

const ID = "00000000-0000-0000-0000-000000000007";
const CHECK = "POST /api/v1/registrations/check";
const CONFIRM = "POST /api/v1/registrations/confirm";
const AGAIN = `POST /api/v1/registrations/${ID}/letters`;

async function open(answers: Parameters<typeof stubPortal>[0], fragment = `#registration=${ID}&token=abc`) {
  window.location.hash = fragment;
  const portal = stubPortal(answers);
  await renderPage(ConfirmRegistrationPage, "/confirm-registration");
  return portal;
}

const good = () => new Response(null, { status: 204 });

async function give(password: string) {
  await userEvent.type(await screen.findByLabelText("Пароль"), password);
  await userEvent.click(screen.getByRole("button", { name: "ПОДТВЕРДИТЬ" }));
}

afterEach(() => {
  vi.unstubAllGlobals();
  window.location.hash = "";
});

it("asks for the password of the registration and leads to sign-in", async () => {
  const { calls } = await open({
    [CHECK]: good,
    [CONFIRM]: () => json({ email: "new@halfhour.example" }),
  });
  await give("chosen before");
  expect((await screen.findByRole("status")).textContent).toContain("new@halfhour.example подтверждён");
  expect(screen.getByRole("link", { name: "ВОЙТИ" })).toBeTruthy();
  expect(calls).toEqual([
    { path: CHECK, body: { token: "abc" } },
    { path: CONFIRM, body: { token: "abc", password: "chosen before" } },
  ]);
});

it("says in place that the password is another one, and lets it be typed anew", async () => {
  const fault = { field: "password", code: "wrong_password", message: "" };
  const answers = {
    [CHECK]: good,
    [CONFIRM]: (): Response => problem(403, "wrong_password", { errors: [fault] }),
  };
  await open(answers);
  await give("guessed");
  expect(await screen.findByText("Неверный пароль")).toBeTruthy();
  answers[CONFIRM] = () => json({ email: "new@halfhour.example" });
  await give("!");
  expect((await screen.findByRole("status")).textContent).toContain("new@halfhour.example подтверждён");
});

it("sends no empty password", async () => {
  const { calls } = await open({ [CHECK]: good });
  await userEvent.click(await screen.findByRole("button", { name: "ПОДТВЕРДИТЬ" }));
  expect(screen.getByText("Поле обязательно для заполнения")).toBeTruthy();
  expect(calls.map(({ path }) => path)).toEqual([CHECK]);
});

it("sends a new letter for an expired link, and not again within its time", async () => {
  const { calls } = await open({
    [CHECK]: () => problem(410, "link_expired"),
    [AGAIN]: () => json({ registration_id: ID, email: "new@halfhour.example", resend_after_seconds: 60 }),
  });
  expect((await screen.findByRole("alert")).textContent).toBe("Срок действия ссылки истёк.");
  await userEvent.click(screen.getByRole("button", { name: "Отправить ещё раз" }));
  expect((await screen.findByRole("status")).textContent).toContain("new@halfhour.example");
  const later = await screen.findByRole<HTMLButtonElement>("button", { name: /ещё раз через (1:00|0:\d\d)/ });
  expect(later.disabled).toBe(true);
  expect(calls.map(({ path }) => path)).toEqual([CHECK, AGAIN]);
});

it("leads on from a link that was used", async () => {
  await open({ [CHECK]: () => problem(410, "link_used") });
  expect((await screen.findByRole("alert")).textContent).toBe("Эта ссылка уже использована.");
  expect(screen.getByRole("link", { name: "ВОЙТИ" })).toBeTruthy();
});

it("asks nothing for a link without a token", async () => {
  const { calls } = await open({}, "");
  expect((await screen.findByRole("alert")).textContent).toContain("Ссылка неверна");
  expect(calls).toEqual([]);
});

it("tries again when the server was away", async () => {
  const answers = { [CHECK]: (): Response => problem(503, "busy") };
  await open(answers);
  const retry = await screen.findByRole("button", { name: "Повторить" });
  answers[CHECK] = good;
  await userEvent.click(retry);
  await waitFor(() => expect(screen.getByLabelText("Пароль")).toBeTruthy());
});
