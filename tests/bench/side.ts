/**
 * One side of the comparison, as a process that is asked line by line: `{ do: "prepare", case, folder }`, `{ do: "run" }`,
 * `{ do: "profile" }`. Each answer is a line of JSON, see `Answer` in `sides.ts`. Started by `sides.ts` only.
 *
 * @module
 */
import process from "node:process";
import { useBackend } from "../../lib/runtime/backend.ts";
import { startWasm } from "../../lib/runtime/wasm/heap.ts";
import type { Prepare, Work } from "./cases/case.ts";
import { measureProducts } from "./products.ts";
import { profile } from "./profile.ts";
import type { Answer, CaseName, OtherWhisper, Request, SideName } from "./sides.ts";

type Cases = Partial<Record<CaseName, () => Promise<Prepare>>>;

const towers = () => import("./cases/step.ts");
const media = () => import("./cases/media.ts");
const CASES: Cases = {
  "product": async () => (await import("./cases/product.ts")).prepareProduct,
  "step-tiny": async () => (await towers()).prepareStep,
  "step-b32": async () => (await towers()).prepareStep,
  "step-photos": async () => (await import("./cases/step_photos.ts")).preparePhotosAhead,
  "forward-b32": async () => (await towers()).prepareForward,
  "retrieval": async () => (await import("./cases/retrieval.ts")).prepareRetrieval,
  "log-mel": async () => (await media()).prepareLogMel,
  "preprocess": async () => (await media()).preparePreprocess,
  "enlarge": async () => (await media()).preparePreprocess,
  "loading": async () => (await media()).prepareLoading,
  "transcription": async () => (await media()).prepareTranscription,
  "transcription-base": async () => (await media()).prepareLargeTranscription,
  "transcribe": async () => (await import("./cases/transcribe.ts")).prepareTranscribe,
};
const SHORT: Cases = { "transcribe": async () => (await import("./cases/transcribe.ts")).prepareShortWindows };
const STOCK: Cases = { ...CASES, retrieval: async () => (await import("./cases/retrieval.ts")).prepareStockRetrieval };
const IN_STEP: Cases = {
  "step-photos": async () => (await import("./cases/step_photos.ts")).preparePhotosInStep,
};
const ONE_BY_ONE: Cases = {
  "transcription": async () => (await media()).prepareOneByOne,
  "transcription-base": async () => (await media()).prepareLargeOneByOne,
};

const SIDES: Record<Exclude<SideName, "python" | OtherWhisper>, { start: () => Promise<unknown>; cases: Cases }> = {
  "ours": { start: () => useBackend("wasm"), cases: CASES },
  "no-blas": { start: () => useBackend("wasm", { blas: false }), cases: CASES },
  // TensorFlow.js's wasm backend as it comes: the operations by their plain definitions, no kernel of ours registered.
  "stock": { start: startWasm, cases: STOCK },
  "in-step": { start: () => useBackend("wasm"), cases: IN_STEP },
  "short-windows": { start: () => Promise.resolve(), cases: SHORT },
  "one-by-one": { start: () => Promise.resolve(), cases: ONE_BY_ONE },
};

/** Peak of this process's resident memory in bytes, on Linux. */
async function peakMemory(): Promise<number | null> {
  if (Deno.build.os !== "linux") return null;
  const { stdout } = await new Deno.Command("cat", { args: [`/proc/${Deno.pid}/status`] }).output();
  const found = /VmHWM:\s+(\d+) kB/.exec(new TextDecoder().decode(stdout));
  return found ? 1024 * Number(found[1]) : null;
}

async function timed(work: Work): Promise<Answer> {
  const [start, before] = [performance.now(), process.cpuUsage()];
  const check = await work.run();
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(before);
  return {
    seconds,
    cpu: (user + system) / 1e6,
    peak: await peakMemory(),
    check,
    ...(work.texts && { texts: work.texts() }),
  };
}

if (import.meta.main) {
  const side = SIDES[Deno.args[0] as keyof typeof SIDES];
  await side.start();
  let work: Work | undefined;
  const answer = async (request: Request): Promise<Answer> => {
    if (request.do === "prepare") {
      work = await (await side.cases[request.case]!())(request.folder, request.files);
      return await timed(work);
    }
    if (request.do === "profile") {
      const kernels = await profile(() => work!.run()), products = await measureProducts(() => work!.run());
      return { ...await timed(work!), profile: { kernels, ...(products && { products }) } };
    }
    return await timed(work!);
  };
  let rest = "";
  for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() as string;
    for (const line of lines) console.log(JSON.stringify(await answer(JSON.parse(line) as Request)));
  }
  await work?.end?.();
}
