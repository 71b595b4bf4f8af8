import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import axe from "axe-core";
import { afterEach, expect, it, vi } from "vitest";
import { json, problem } from "../../testing/answers";
import { stubPortal } from "../../testing/portal";
import { renderPage } from "../../testing/render";
import { ConfirmEmailPage } from "./ConfirmEmailPage";

const CHECK = "POST /api/v1/email-changes/check";
const CONFIRM = "POST /api/v1/email-changes/confirm";
const offered = () => json({ email_hint: "n•••@b.example" });

async function open(answers: Parameters<typeof stubPortal>[0]) {
  const portal = stubPortal(answers);
  location.hash = "#token=abc";
  await renderPage(ConfirmEmailPage, "/confirm-email");
  return portal;
}

afterEach(() => vi.unstubAllGlobals());

it("confirms nothing by being opened: the button does", async () => {
  const { calls } = await open({ [CHECK]: offered, [CONFIRM]: () => json({ email: "new@b.example" }) });
  expect(await screen.findByText("n•••@b.example")).toBeTruthy();
  const { violations } = await axe.run(document.body, { rules: { "color-contrast": { enabled: false } } });
  expect(violations).toEqual([]);
  expect(calls.map(({ path }) => path)).toEqual([CHECK]);
  await userEvent.click(screen.getByRole("button", { name: "ПОДТВЕРДИТЬ" }));
  expect((await screen.findByRole("status")).textContent).toContain("new@b.example");
  expect(calls.map(({ path }) => path)).toEqual([CHECK, CONFIRM]);
});

it("keeps the button where the answer was lost, and takes it away where the address is another's", async () => {
  let lost = true;
  await open({
    [CHECK]: offered,
    [CONFIRM]: () => (lost ? Promise.reject(new TypeError("offline")) : problem(409, "email_taken")),
  });
  await userEvent.click(await screen.findByRole("button", { name: "ПОДТВЕРДИТЬ" }));
  expect(await screen.findByRole("alert")).toBeTruthy();
  lost = false;
  await userEvent.click(screen.getByRole("button", { name: "ПОДТВЕРДИТЬ" }));
  expect(await screen.findByText("Пользователь с таким E-mail уже существует")).toBeTruthy();
  expect(screen.queryByRole("button", { name: "ПОДТВЕРДИТЬ" })).toBeNull();
});

it("says of a used link that another one can be had", async () => {
  await open({ [CHECK]: () => problem(410, "link_used") });
  expect(await screen.findByText("Эта ссылка уже использована.")).toBeTruthy();
  expect(screen.getByText("Новую ссылку можно запросить в профиле.")).toBeTruthy();
});
