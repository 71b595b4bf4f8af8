/** Answers of the API for tests, in the shapes of its document. */
import type { Session } from "../shared/api/types";

export const SESSION: Session = {
  access_token: "first",
  token_type: "Bearer",
  expires_in: 600,
  user: {
    id: "00000000-0000-0000-0000-000000000001",
    email: "consumer@halfhour.example",
    full_name: "Василий Васильевич",
    roles: ["consumer"],
    supplier: null,
    language: "ru",
  },
};

export function json(body: unknown, status = 200): Response {
  return Response.json(body, { status });
}

export function problem(
  status: number,
  code: string,
  extra: { headers?: HeadersInit; errors?: unknown } = {},
): Response {
  const body = {
    type: `urn:halfhour:problem:${code}`,
    title: code,
    status,
    code,
    errors: extra.errors ?? [],
  };
  return new Response(JSON.stringify(body), {
    status,
    headers: { ...extra.headers, "Content-Type": "application/problem+json" },
  });
}
