/** The sides of a comparison: processes that wait for work, so that runs of several sides can take turns. */
import { outputOf } from "../programs.ts";
import { InputError } from "../../lib/errors.ts";
import type { Products } from "./products.ts";
import type { KernelTime } from "./profile.ts";

/** The cases that run inside of a side. */
export type CaseName =
  | "product"
  | "step-tiny"
  | "step-b32"
  | "step-photos"
  | "forward-b32"
  | "retrieval"
  | "log-mel"
  | "preprocess"
  | "enlarge"
  | "loading"
  | "transcription"
  | "transcription-base"
  | "transcribe";

/**
 * Who computes: this package with and without BLAS, TensorFlow.js as it comes, Python; or this package with one recording at
 * a time, with images read when the step needs them, or with short windows of Whisper; or Python with other libraries.
 */
export type SideName =
  | "ours"
  | "no-blas"
  | "stock"
  | "python"
  | "one-by-one"
  | "in-step"
  | "short-windows"
  | OtherWhisper;

/** Another implementation of Whisper, in Python. */
export type OtherWhisper = "faster-whisper" | "faster-whisper-int8" | "transformers";

/** The Python modules of other Whispers, and where the recipe of the model puts their weights. */
export const OTHER_WHISPERS: Readonly<Record<OtherWhisper, { modules: string; weights: string }>> = {
  "faster-whisper": { modules: "faster_whisper", weights: "ct2" },
  "faster-whisper-int8": { modules: "faster_whisper", weights: "ct2" },
  "transformers": { modules: "transformers, torch", weights: "hf" },
};

/** A line to a side. */
export type Request =
  | { do: "prepare"; case: CaseName; folder: string; files?: string[] | undefined }
  | { do: "run" }
  | { do: "profile" };

/** A line from a side: one run. That of `prepare` is the first run, after the models were loaded. */
export interface Answer {
  /** Time by the clock. */
  seconds: number;
  /** Time of all processors, user and system; less disturbed by other programs. */
  cpu: number;
  /** Peak of the process's resident memory so far, bytes; null if it is unknown. */
  peak: number | null;
  /** Numbers that all sides must give alike. */
  check: number[];
  /** Of `transcribe` only. */
  texts?: string[];
  /** Of `profile` only. */
  profile?: Profile;
}

/** Where the time of a run goes. */
export interface Profile {
  kernels: KernelTime[];
  /** Absent without a BLAS library. */
  products?: Products;
}

/** A running side. */
export interface Side {
  name: SideName;
  ask(request: Request): Promise<Answer>;
  end(): Promise<void>;
}

const DENO = [
  ...["run", "-q", "--no-prompt", "--allow-read", "--allow-env", "--allow-ffi", "--allow-sys", "--allow-run=cat"],
  new URL("./side.ts", import.meta.url).pathname,
];
const PYTHON = [new URL("./python_side.py", import.meta.url).pathname];

/** Pythons that may have PyTorch, the system's first. */
const PYTHONS = ["/usr/bin/python3", "python3", "python"];

/** The first Python that can import the modules; undefined where none can. */
export async function findPython(modules: string): Promise<{ command: string; version: string } | undefined> {
  for (const command of PYTHONS) {
    const args = ["-c", `import ${modules}; import sys; print(sys.version.split()[0])`];
    const version = await outputOf(command, args);
    if (version !== undefined) return { command, version: version.trim() };
  }
  return undefined;
}

/** Starts a side. */
export function startSide(name: SideName, python?: string): Side {
  const [command, args] = python === undefined ? ["deno", [...DENO, name]] : [python, [...PYTHON, name]];
  const child = new Deno.Command(command, {
    args,
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
    env: { DENO_NO_UPDATE_CHECK: "1" },
  }).spawn();
  const writer = child.stdin.getWriter();
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  return {
    name,
    ask: async (request) => {
      await writer.write(new TextEncoder().encode(`${JSON.stringify(request)}\n`));
      while (!text.includes("\n")) {
        const { value, done } = await lines.read();
        if (done) throw new InputError(`Cannot measure as side '${name}' ended; what it printed stands above.`);
        text += value;
      }
      const end = text.indexOf("\n");
      const line = text.slice(0, end);
      text = text.slice(end + 1);
      return JSON.parse(line) as Answer;
    },
    end: async () => {
      await writer.close().catch(() => {});
      await lines.cancel().catch(() => {});
      await child.status;
    },
  };
}
