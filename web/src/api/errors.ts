/** An error body of the server: `{code, message, trace_id, details}`. */
export class ApiError extends Error {
  override name = "ApiError";

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly traceId: string | null,
    readonly details: Readonly<Record<string, unknown>> | null,
  ) {
    super(message);
  }

  /** The server itself answered with a code, rather than something in front of it with a bare status. */
  get isSaid(): boolean {
    return this.code !== UNSAID;
  }

  /** The same request may succeed later without any change. */
  get isTemporary(): boolean {
    return this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

const UNSAID = "http.status";

export function toApiError(status: number, body: unknown): ApiError {
  const said = typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
  const code = typeof said.code === "string" ? said.code : UNSAID;
  const message = typeof said.message === "string" ? said.message : `HTTP ${status}`;
  const trace = typeof said.trace_id === "string" ? said.trace_id : null;
  const details = typeof said.details === "object" ? (said.details as Record<string, unknown> | null) : null;
  return new ApiError(status, code, message, trace, details);
}

export async function readApiError(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => null); // a proxy's page is not JSON: the status says enough
  return toApiError(response.status, body);
}
