import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { configQuery } from "@/app/server";
import { chooseFiles } from "./tavern";
import { isStopped, sendArchive } from "./upload";
import { type ZipEntry, zipStored } from "./zip";

/** What goes on before the server takes over: files are read into a zip, then the zip is sent. */
export interface Stage {
  readonly name: "packing" | "sending";
  readonly done: number;
  readonly total: number;
}

/** Why nothing could be sent at all. */
export class ImportRefused extends Error {
  override name = "ImportRefused";

  constructor(
    readonly reason: "nothing" | "tooLarge",
    readonly limit = 0,
  ) {
    super(reason);
  }
}

/** Sends a folder or a zip and goes on to the page of its job. */
export function useTavernImport() {
  const queries = useQueryClient();
  const navigate = useNavigate({ from: "/import" });
  const [stage, setStage] = useState<Stage | null>(null);
  const running = useRef<AbortController>(null);
  useEffect(() => () => running.current?.abort(), []);

  const send = useMutation({
    mutationFn: async (given: readonly ZipEntry[]) => {
      const stop = new AbortController();
      running.current = stop;
      const zip = await pack(given, stop.signal);
      setStage({ name: "sending", done: 0, total: zip.size });
      return sendArchive(
        zip,
        (done) => setStage({ name: "sending", done: Math.min(done, zip.size), total: zip.size }),
        stop.signal,
      );
    },
    onSuccess: (job) => navigate({ search: { job } }),
    onSettled: () => setStage(null),
  });

  async function pack(given: readonly ZipEntry[], signal: AbortSignal): Promise<Blob> {
    const [only] = given;
    const isZip = given.length === 1 && only !== undefined && /\.zip$/iu.test(only.path);
    const files = isZip ? given : chooseFiles(given);
    if (files.length === 0) throw new ImportRefused("nothing");
    const total = files.reduce((sum, { file }) => sum + file.size, 0);
    const limit = await readLimit();
    if (limit !== null && total > limit) throw new ImportRefused("tooLarge", limit);
    if (isZip) return only.file;
    return zipStored(files, (done) => setStage({ name: "packing", done, total }), signal);
  }

  /** The server's limit of one upload; null when it keeps it to itself, and then it says so when it is reached. */
  async function readLimit(): Promise<number | null> {
    const config = await queries.query(configQuery).catch(() => null);
    const limit = config?.settings.max_upload_bytes;
    return typeof limit === "number" ? limit : null;
  }

  return {
    stage,
    busy: send.isPending,
    error: send.isError && !isStopped(send.error) ? send.error : null,
    start: (files: readonly ZipEntry[]) => {
      if (files.length > 0 && !send.isPending) send.mutate(files);
    },
    stop: () => running.current?.abort(),
  };
}
