import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import axe from "axe-core";
import { beforeEach, expect, it, vi } from "vitest";
import { ProblemError } from "../../shared/api/problem";
import { signIn, signInWithFactor } from "../../shared/api/session";
import type { Challenge } from "../../shared/api/types";
import { renderPage } from "../../testing/render";
import { SignInPage } from "./SignInPage";

vi.mock("../../shared/api/session", () => ({
  signIn: vi.fn(),
  signInWithFactor: vi.fn(),
  sessionState: () => ({ status: "signed_out", reason: "no_session" }),
}));

const CHALLENGE: Challenge = {
  challenge_id: "00000000-0000-0000-0000-000000000009",
  factors: ["totp", "recovery_code"],
  phone_hint: null,
  passkey_options: null,
  expires_in: 300,
};

async function passThePassword() {
  vi.mocked(signIn).mockResolvedValueOnce(CHALLENGE);
  await userEvent.type(email(), "a@b.example");
  await userEvent.type(password(), "right");
  await submit();
  return screen.findByLabelText<HTMLInputElement>("Код из приложения");
}

const email = () => screen.getByLabelText<HTMLInputElement>("E-mail");
const password = () => screen.getByLabelText<HTMLInputElement>("Пароль");
const submit = () => userEvent.click(screen.getByRole("button", { name: "ВОЙТИ" }));

beforeEach(async () => {
  vi.mocked(signIn).mockReset().mockResolvedValue(null);
  vi.mocked(signInWithFactor).mockReset().mockResolvedValue(undefined);
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

it("asks for the second factor of a user who has one, and sends the code without its space", async () => {
  const code = await passThePassword();
  await userEvent.type(code, "123 456");
  await userEvent.click(screen.getByRole("button", { name: "ПОДТВЕРДИТЬ" }));
  expect(signInWithFactor).toHaveBeenCalledExactlyOnceWith({
    challenge_id: CHALLENGE.challenge_id,
    kind: "totp",
    code: "123456",
    credential: null,
  });
});

it("takes a recovery code instead", async () => {
  await passThePassword();
  await userEvent.click(screen.getByRole("button", { name: "Резервный код" }));
  await userEvent.type(screen.getByLabelText("Резервный код"), "abcd-efgh");
  await userEvent.click(screen.getByRole("button", { name: "ПОДТВЕРДИТЬ" }));
  expect(signInWithFactor).toHaveBeenCalledWith(
    expect.objectContaining({ kind: "recovery_code", code: "abcd-efgh" }),
  );
});

it("lets a wrong code be typed anew, and starts over when the challenge has ended", async () => {
  const code = await passThePassword();
  const refuse = (status: number, name: string) =>
    vi.mocked(signInWithFactor).mockRejectedValueOnce(new ProblemError({ status, code: name }));
  refuse(401, "second_factor_wrong");
  await userEvent.type(code, "000000");
  await userEvent.click(screen.getByRole("button", { name: "ПОДТВЕРДИТЬ" }));
  expect((await screen.findByRole("alert")).textContent).toContain("Неверный код");
  refuse(410, "challenge_over");
  await userEvent.click(screen.getByRole("button", { name: "ПОДТВЕРДИТЬ" }));
  await userEvent.click(await screen.findByRole("button", { name: "Начать сначала" }));
  expect(password()).toBeTruthy();
});
