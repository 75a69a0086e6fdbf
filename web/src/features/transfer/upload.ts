import { newOperationId } from "@/api/client";
import { toApiError } from "@/api/errors";

/**
 * Sends a zip for import and answers the job's id. By XMLHttpRequest, for `fetch` does not tell how much of a body
 * has left. Throws `ApiError`, and a plain error when the server cannot be reached.
 */
export function sendArchive(
  zip: Blob,
  onSent: (bytes: number) => void,
  signal: AbortSignal,
): Promise<string> {
  const form = new FormData();
  form.append("files", zip, "sillytavern.zip");
  return new Promise((done, fail) => {
    const request = new XMLHttpRequest();
    request.open("POST", "/v1/imports/sillytavern");
    request.setRequestHeader("X-Operation-Id", newOperationId());
    request.responseType = "json";
    request.upload.onprogress = ({ loaded }) => onSent(loaded);
    request.onload = () => {
      const body: unknown = request.response;
      if (request.status !== 202) fail(toApiError(request.status, body));
      else done((body as { jobId: string }).jobId);
    };
    request.onerror = () => fail(new Error("the connection broke"));
    request.onabort = () => fail(new DOMException("stopped", "AbortError"));
    signal.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}

export const isStopped = (error: unknown): boolean =>
  error instanceof DOMException && error.name === "AbortError";
