import { expect, it } from "vitest";
import { problem } from "../../testing/answers";
import { asProblem, problemOf } from "./problem";

it("keeps code, wait, request id and refused fields of a problem document", async () => {
  const answer = problem(429, "too_many_attempts", {
    headers: { "Retry-After": "125", "X-Request-Id": "abc" },
    errors: [{ field: "phone", code: "x", message: "y" }, { nonsense: 1 }, null],
  });
  expect(await problemOf(answer)).toMatchObject({
    status: 429,
    code: "too_many_attempts",
    retryAfterSeconds: 125,
    requestId: "abc",
    faults: [{ field: "phone", code: "x" }],
    fields: ["phone"],
    isTransient: false,
  });
});

it.each([
  [
    "a page of a proxy",
    new Response("<html>", { status: 502, headers: { "Content-Type": "text/html" } }),
    "busy",
  ],
  [
    "broken JSON",
    new Response("{", { status: 404, headers: { "Content-Type": "application/json" } }),
    "not_found",
  ],
  [
    "JSON that is no problem",
    new Response("[1]", { status: 422, headers: { "Content-Type": "application/json" } }),
    "invalid_request",
  ],
  ["nothing", new Response(null, { status: 418 }), "unexpected"],
])("takes the general code of the status from %s", async (_, answer, code) => {
  expect((await problemOf(answer)).code).toBe(code);
});

it("waits no unknown time for a date in Retry-After", async () => {
  const answer = problem(503, "busy", { headers: { "Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT" } });
  expect((await problemOf(answer)).retryAfterSeconds).toBeNull();
});

it("makes a problem of any other error", () => {
  expect(asProblem(new TypeError("x")).code).toBe("unexpected");
});
