import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import axe from "axe-core";
import { beforeEach, expect, it, vi } from "vitest";
import { ProblemError } from "../../shared/api/problem";
import { signIn } from "../../shared/api/session";
import { renderPage } from "../../testing/render";
import { SignInPage } from "./SignInPage";

vi.mock("../../shared/api/session", () => ({
  signIn: vi.fn(),
  sessionState: () => ({ status: "signed_out", reason: "no_session" }),
}));

const email = () => screen.getByLabelText<HTMLInputElement>("E-mail");
const password = () => screen.getByLabelText<HTMLInputElement>("Пароль");
const submit = () => userEvent.click(screen.getByRole("button", { name: "ВОЙТИ" }));

beforeEach(async () => {
  vi.mocked(signIn).mockReset();
  await renderPage(SignInPage, "/sign-in");
});

it("names each empty field in place and goes to the first", async () => {
  await submit();
  expect(screen.getAllByText("Поле обязательно для заполнения")).toHaveLength(2);
  expect(document.activeElement).toBe(email());
  expect(signIn).not.toHaveBeenCalled();
});

it("takes spaces around the e-mail away, but none from the password", async () => {
  await userEvent.type(email(), "  a@b.example ");
  await userEvent.type(password(), " pass word ");
  await submit();
  expect(signIn).toHaveBeenCalledExactlyOnceWith("a@b.example", " pass word ");
});

it("says that the pair is wrong, keeps what was typed and lets the password be typed anew", async () => {
  vi.mocked(signIn).mockRejectedValueOnce(new ProblemError({ status: 401, code: "invalid_credentials" }));
  await userEvent.type(email(), "a@b.example");
  await userEvent.type(password(), "wrong");
  await submit();
  expect(screen.getByRole("alert").textContent).toBe("Неверный E-mail или пароль.");
  expect(email().value).toBe("a@b.example");
  expect(document.activeElement).toBe(password());
});

it("shows the password on demand", async () => {
  await userEvent.click(screen.getByRole("button", { name: "Показать или скрыть пароль" }));
  expect(password().type).toBe("text");
});

it("has nothing that axe finds", async () => {
  await submit();
  const { violations } = await axe.run(document.body, { rules: { "color-contrast": { enabled: false } } });
  expect(violations).toEqual([]);
});
