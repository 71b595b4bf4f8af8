/** A refused or failed call of the API, as one error class: RFC 9457 problems, other answers and lost connections. */

export interface FieldFault {
  field: string;
  code: string;
}

/** status 0 and code "network" mean that no answer came at all. */
export class ProblemError extends Error {
  readonly status: number;
  readonly code: string;
  readonly retryAfterSeconds: number | null;
  readonly requestId: string | null;
  /** The fields that the server refused, named as in the request, with the code of each fault. */
  readonly faults: readonly FieldFault[];

  constructor(problem: {
    status: number;
    code: string;
    retryAfterSeconds?: number | null;
    requestId?: string | null;
    faults?: readonly FieldFault[];
  }) {
    super(`${problem.status} ${problem.code}`);
    this.name = "ProblemError";
    this.status = problem.status;
    this.code = problem.code;
    this.retryAfterSeconds = problem.retryAfterSeconds ?? null;
    this.requestId = problem.requestId ?? null;
    this.faults = problem.faults ?? [];
  }

  get fields(): string[] {
    return this.faults.map(({ field }) => field);
  }

  /** Worth trying again without a change by the user. */
  get isTransient(): boolean {
    return this.status === 0 || this.status >= 500;
  }
}

const CODE_BY_STATUS: Record<number, string> = {
  401: "unauthenticated",
  403: "forbidden",
  404: "not_found",
  409: "conflict",
  422: "invalid_request",
  429: "too_many_attempts",
};

/** The general code of a status, for answers without a code and for codes that have no text of their own. */
export function codeOfStatus(status: number): string {
  return CODE_BY_STATUS[status] ?? (status >= 500 ? "busy" : "unexpected");
}

export async function problemOf(response: Response): Promise<ProblemError> {
  const isJson = (response.headers.get("content-type") ?? "").includes("json");
  const body: unknown = isJson ? await response.json().catch(() => null) : null;
  const { code, errors } = typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
  return new ProblemError({
    status: response.status,
    code: typeof code === "string" ? code : codeOfStatus(response.status),
    retryAfterSeconds: retryAfterSeconds(response.headers.get("retry-after")),
    requestId: response.headers.get("x-request-id"),
    faults: Array.isArray(errors) ? errors.flatMap(faultOf) : [],
  });
}

function faultOf(error: unknown): FieldFault[] {
  const { field, code } =
    typeof error === "object" && error !== null ? (error as Record<string, unknown>) : {};
  return typeof field === "string" ? [{ field, code: typeof code === "string" ? code : "" }] : [];
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
