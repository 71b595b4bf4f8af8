import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { json, problem } from "../../testing/answers";
import { stubPortal } from "../../testing/portal";
import { renderPage } from "../../testing/render";
import { ConfirmRegistrationPage } from "./ConfirmRegistrationPage";

const ID = "00000000-0000-0000-0000-000000000007";
const CONFIRM = "POST /api/v1/registrations/confirm";
const AGAIN = `POST /api/v1/registrations/${ID}/letters`;

async function open(answers: Parameters<typeof stubPortal>[0], fragment = `#registration=${ID}&token=abc`) {
  window.location.hash = fragment;
  const portal = stubPortal(answers);
  await renderPage(ConfirmRegistrationPage, "/confirm-registration");
  return portal;
}

afterEach(() => {
  vi.unstubAllGlobals();
  window.location.hash = "";
});

it("sends the token of the link once and leads to sign-in", async () => {
  const { calls } = await open({ [CONFIRM]: () => json({ email: "new@halfhour.example" }) });
  expect((await screen.findByRole("status")).textContent).toContain("new@halfhour.example подтверждён");
  expect(screen.getByRole("link", { name: "ВОЙТИ" })).toBeTruthy();
  expect(calls).toEqual([{ path: CONFIRM, body: { token: "abc" } }]);
});

it("sends a new letter for an expired link, and not again within its time", async () => {
  const { calls } = await open({
    [CONFIRM]: () => problem(410, "link_expired"),
    [AGAIN]: () => json({ registration_id: ID, email: "new@halfhour.example", resend_after_seconds: 60 }),
  });
  expect((await screen.findByRole("alert")).textContent).toBe("Срок действия ссылки истёк.");
  await userEvent.click(screen.getByRole("button", { name: "Отправить ещё раз" }));
  expect((await screen.findByRole("status")).textContent).toContain("new@halfhour.example");
  const later = await screen.findByRole<HTMLButtonElement>("button", { name: /ещё раз через (1:00|0:\d\d)/ });
  expect(later.disabled).toBe(true);
  expect(calls.map(({ path }) => path)).toEqual([CONFIRM, AGAIN]);
});

it("leads on from a link that was used", async () => {
  await open({ [CONFIRM]: () => problem(410, "link_used") });
  expect((await screen.findByRole("alert")).textContent).toBe("Эта ссылка уже использована.");
  expect(screen.getByRole("link", { name: "ВОЙТИ" })).toBeTruthy();
});

it("asks nothing for a link without a token", async () => {
  const { calls } = await open({}, "");
  expect((await screen.findByRole("alert")).textContent).toContain("Ссылка неверна");
  expect(calls).toEqual([]);
});

it("tries again when the server was away", async () => {
  const answers = { [CONFIRM]: () => problem(503, "busy") };
  await open(answers);
  const retry = await screen.findByRole("button", { name: "Повторить" });
  answers[CONFIRM] = () => json({ email: "new@halfhour.example" });
  await userEvent.click(retry);
  await waitFor(() => expect(screen.getByRole("link", { name: "ВОЙТИ" })).toBeTruthy());
});
