/** Stands in for the server: answers by method and path, and keeps what was sent. An unexpected call fails the test. */
import { vi } from "vitest";

type Answer = (search: URLSearchParams) => Response | Promise<Response>;

export interface Call {
  path: string;
  body: unknown;
}

export function stubPortal(answers: Record<string, Answer>): { calls: Call[] } {
  const calls: Call[] = [];
  vi.stubGlobal("fetch", async (input: Request | string, init?: RequestInit) => {
    const request = input instanceof Request ? input : new Request(new URL(input, location.href), init);
    const { pathname, searchParams } = new URL(request.url);
    const path = `${request.method} ${pathname}`;
    const text = await request.text();
    calls.push({ path, body: text === "" ? null : isJson(request) ? JSON.parse(text) : text });
    const answer = answers[path];
    if (answer === undefined) throw new Error(`no answer for ${path}`);
    return answer(searchParams);
  });
  return { calls };
}

function isJson(request: Request): boolean {
  return (request.headers.get("content-type") ?? "").includes("json");
}
