import { renderHook } from "@testing-library/react";
import { expect, it } from "vitest";
import { Providers } from "../../testing/render";
import { ProblemError } from "../api/problem";
import { useProblemText } from "./useProblemText";

const textOf = (error: unknown) => renderHook(useProblemText, { wrapper: Providers }).result.current(error);
const throttled = (retryAfterSeconds: number | null) =>
  textOf(new ProblemError({ status: 429, code: "too_many_attempts", retryAfterSeconds }));

it.each([
  [1, "1 секунду"],
  [2, "2 секунды"],
  [11, "11 секунд"],
  [60, "1 минуту"],
  [61, "2 минуты"],
  [299, "5 минут"],
  [1260, "21 минуту"],
])("says in Russian how long %i seconds are to wait", (seconds, words) => {
  expect(throttled(seconds)).toBe(`Слишком много попыток. Повторите через ${words}.`);
});

it("has a sentence for a wait of unknown length, an unknown code and any other error", () => {
  expect(throttled(null)).toBe("Слишком много попыток. Повторите позже.");
  expect(textOf(new ProblemError({ status: 404, code: "point_not_found" }))).toMatch(/^Не найдено/);
  expect(textOf(new ProblemError({ status: 418, code: "teapot" }))).toMatch(/^Что-то пошло не так/);
  expect(textOf(new Error("secret detail"))).not.toContain("secret");
});
