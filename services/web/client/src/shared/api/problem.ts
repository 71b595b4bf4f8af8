/** A refused or failed call of the API, as one error class: RFC 9457 problems, other answers and lost connections. */

/** status 0 and code "network" mean that no answer came at all. */
export class ProblemError extends Error {
  readonly status: number;
  readonly code: string;
  readonly retryAfterSeconds: number | null;
  readonly requestId: string | null;

  constructor(problem: {
    status: number;
    code: string;
    retryAfterSeconds?: number | null;
    requestId?: string | null;
  }) {
    super(`${problem.status} ${problem.code}`);
    this.name = "ProblemError";
    this.status = problem.status;
    this.code = problem.code;
    this.retryAfterSeconds = problem.retryAfterSeconds ?? null;
    this.requestId = problem.requestId ?? null;
  }

  /** Worth trying again without a change by the user. */
  get isTransient(): boolean {
    return this.status === 0 || this.status >= 500;
  }
}

const CODE_BY_STATUS: Record<number, string> = {
  401: "not_signed_in",
  403: "forbidden",
  404: "not_found",
  409: "conflict",
  422: "malformed",
  429: "too_many_requests",
};

export async function problemOf(response: Response): Promise<ProblemError> {
  const fallback = CODE_BY_STATUS[response.status] ?? (response.status >= 500 ? "unavailable" : "unexpected");
  let code = fallback;
  if ((response.headers.get("content-type") ?? "").includes("json")) {
    const body: unknown = await response.json().catch(() => null);
    if (typeof body === "object" && body !== null && "code" in body && typeof body.code === "string") {
      code = body.code;
    }
  }
  return new ProblemError({
    status: response.status,
    code,
    retryAfterSeconds: retryAfterSeconds(response.headers.get("retry-after")),
    requestId: response.headers.get("x-request-id"),
  });
}

export function networkProblem(): ProblemError {
  return new ProblemError({ status: 0, code: "network" });
}

export function asProblem(error: unknown): ProblemError {
  return error instanceof ProblemError ? error : new ProblemError({ status: 0, code: "unexpected" });
}

function retryAfterSeconds(header: string | null): number | null {
  if (header === null || !/^\d+$/.test(header.trim())) return null;
  return Number(header);
}
