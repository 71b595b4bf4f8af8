import { expect, it } from "vitest";
import { nextPath } from "./next";

it.each([
  "//evil.example",
  "https://evil.example",
  "/\\evil.example",
  "evil",
  "/ /evil",
  "/\t/evil",
  7,
  undefined,
])("refuses to lead to %s", (value) => {
  expect(nextPath(value)).toBeNull();
});

it("leads to a path of this site with its search", () => {
  expect(nextPath("/contracts/1/points?x=1#y")).toBe("/contracts/1/points?x=1#y");
});
