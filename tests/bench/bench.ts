/**
 * Measures this package next to stock TensorFlow.js and, if Python has them, next to PyTorch, NumPy and Pillow:
 * `deno task bench --cases step-b32,retrieval --repeats 5`.
 *
 * @module
 */
import { join } from "@std/path";
import { Command, InvalidArgumentError } from "commander";
import { nonEmpty, wholeNumber } from "../../lib/cli/options.ts";
import { exists } from "../../lib/files/read.ts";
import { writeAtomic } from "../../lib/files/atomic.ts";
import { alike, type CaseResult, caseResult, linesOf, median, type SideResult } from "./bench_results.ts";
import { timeCommand } from "./processes.ts";
import { type Answer, type CaseName, findPython, OTHER_WHISPERS, type OtherWhisper, startSide } from "./sides.ts";
import type { Side, SideName } from "./sides.ts";
import { compareWords, findSpeech, type Speech } from "./transcripts.ts";

/** A case that runs inside of sides. */
interface Plan {
  what: string;
  sides: SideName[];
  /** What Python must have. */
  python: string;
  /** Writes the case's files, or says where they are. */
  files?: (folder: string) => Promise<void>;
  place?: string;
  /** Whether a kernel profile is useful. */
  profiled?: boolean;
}

/** About what is said in 15 seconds. */
const TOKENS = 48;

const writePhotos = async (folder: string) => await (await import("./photos.ts")).writePhotos(folder);
const step = (shapes: "tiny" | "b32") => async (folder: string) => {
  const { SHAPES, writeStepFiles } = await import("./step_files.ts");
  await writeStepFiles(folder, SHAPES[shapes]);
};
const PLANS: Record<CaseName, Plan> = {
  "product": {
    what: "ten matrix products of 1024 x 1024, 21.5 billion operations",
    sides: ["ours", "no-blas", "stock", "python"],
    python: "numpy",
  },
  "step-tiny": {
    what: "five training steps, full variant, tiny model, batch 32",
    sides: ["ours", "no-blas", "stock", "python"],
    python: "torch",
    files: step("tiny"),
    profiled: true,
  },
  "step-b32": {
    what: "training step, full variant, ViT-B/32, batch 8",
    sides: ["ours", "no-blas", "stock", "python"],
    python: "torch",
    files: step("b32"),
    profiled: true,
  },
  "step-photos": {
    what: "four training steps, ViT-B/32, batch 8, with photos of 640 x 480 read from their files",
    sides: ["ours", "in-step"],
    python: "",
    files: async (folder) => {
      await step("b32")(folder);
      await writePhotos(join(folder, "photos"));
    },
  },
  "forward-b32": {
    what: "CLIP forward, ViT-B/32, 8 pictures and 8 texts",
    sides: ["ours", "no-blas", "stock", "python"],
    python: "torch",
    files: step("b32"),
    profiled: true,
  },
  "retrieval": {
    what: "R@1/5/10 both ways, 5,000 pictures, 25,000 recordings, width 512",
    sides: ["ours", "no-blas", "stock", "python"],
    python: "numpy",
    files: async (folder) => await (await import("./cases/retrieval.ts")).writeRetrievalFiles(folder),
  },
  "log-mel": { what: "log-mel of a minute of sound", sides: ["ours", "python"], python: "torch" },
  "preprocess": {
    what: "1,000 photos of 640 x 480 to 224 pixels",
    sides: ["ours", "python"],
    python: "PIL, numpy",
    files: writePhotos,
  },
  "enlarge": {
    what: "1,000 pictures of 128 x 128 to 224 pixels",
    sides: ["ours", "python"],
    python: "PIL, numpy",
    place: "data/sample/coco/train2017",
  },
  "loading": { what: "index, and 100 pairs' recordings and pictures decoded", sides: ["ours"], python: "" },
  "transcription": {
    what: "32 recordings through the bundled Whisper, in batches of 8",
    sides: ["ours", "one-by-one"],
    python: "",
    place: "data/models/whisper-tiny-sample",
  },
  "transcribe": {
    what: "recordings through a real Whisper, from files to texts (BREWCLIP_WHISPER names its folder)",
    sides: ["ours", "short-windows", "faster-whisper", "faster-whisper-int8", "transformers"],
    python: "",
  },
  "transcription-base": {
    what: `8 recordings through a random Whisper of whisper-base's size, ${TOKENS} tokens each, in one batch`,
    sides: ["ours", "one-by-one"],
    python: "",
    files: async (folder) => await (await import("./random_whisper_base.ts")).writeRandomWhisperBase(folder, TOKENS),
  },
};
const NAMES = [...Object.keys(PLANS), "start-up", "train"];

/** Where a case's files stand while it runs. */
const WORK = join("runs", "bench");

/** A side that takes longer than this in all is not asked again. */
const PATIENCE = 120;

interface Options {
  cases: string[];
  repeats: number;
  out: string;
  profile?: true;
}

const namesOf = (text: string): string[] => {
  const names = text.split(",");
  const unknown = names.find((name) => !NAMES.includes(name));
  if (unknown !== undefined) throw new InvalidArgumentError(`'${unknown}' is none of ${NAMES.join(", ")}.`);
  return names;
};

const options = new Command("deno task bench")
  .description(
    "Compare the speed with TensorFlow.js as it comes and, where Python has them, with PyTorch, NumPy, Pillow",
  )
  .option("--cases <NAMES>", `some of ${NAMES.join(", ")}`, namesOf, NAMES)
  .option("--repeats <N>", "runs of each side, which take turns; medians are told", wholeNumber(1), 5)
  .option("--profile", "tell the kernels on which the time goes, and the time of plain products of the same sizes")
  .option("--out <FILE>", "where the results go as JSON", nonEmpty, "runs/bench/bench.json")
  .parse(["deno", "bench", ...Deno.args])
  .opts<Options>();

/** Runs a case: each side alone gets ready and warm, then the sides take turns. */
async function compare(name: CaseName, plan: Plan, folder: string, speech?: Speech): Promise<CaseResult> {
  await plan.files?.(folder);
  const place = speech?.whisper ?? plan.place ?? folder;
  const sides: { side: Side; first: Answer; runs: Answer[] }[] = [];
  try {
    for (const which of plan.sides) {
      const other = which in OTHER_WHISPERS ? OTHER_WHISPERS[which as OtherWhisper] : undefined;
      const modules = which === "python" ? plan.python : other?.modules;
      const python = modules === undefined ? undefined : await findPython(modules);
      const lacks = modules !== undefined && !python
        ? `no Python with ${modules}`
        : other && !await exists(join(place, other.weights))
        ? `no ${join(place, other.weights)}`
        : undefined;
      if (lacks !== undefined) {
        console.log(`${name}: ${lacks} here, so without ${which}`);
        continue;
      }
      const side = startSide(which, python?.command);
      const first = await side.ask({ do: "prepare", case: name, folder: place, files: speech?.files });
      sides.push({ side, first, runs: [] });
    }
    for (let turn = 0; turn < options.repeats; turn++) {
      for (const { side, first, runs } of sides) {
        const spent = [first, ...runs].reduce((sum, { seconds }) => sum + seconds, 0);
        if (spent < PATIENCE) runs.push(await side.ask({ do: "run" }));
      }
    }
    const profiled = options.profile && plan.profiled
      ? (await sides[0]!.side.ask({ do: "profile" })).profile
      : undefined;
    const check = sides[0]!.first.check;
    const results = sides.map(({ side, first, runs }, i): SideResult => {
      const counted = runs.length > 0 ? runs : [first];
      const words = speech && compareWords(first.texts!, sides[0]!.first.texts!, speech.texts);
      // Decoders of MP3 differ a little, which changes a few transcripts. Eight bits and short windows may change more.
      const same = words === undefined
        ? alike(first.check, check)
        : /int8|short/.test(side.name)
        ? null
        : words.same >= 0.95 * words.of;
      return {
        side: side.name,
        seconds: median(counted.map(({ seconds }) => seconds)),
        cpu: median(counted.map(({ cpu }) => cpu)),
        peak: counted.at(-1)!.peak,
        runs: counted.map(({ seconds }) => seconds),
        equal: i === 0 ? null : same,
        ...(words && { words }),
      };
    });
    return caseResult(name, plan.what, results, profiled);
  } finally {
    for (const { side } of sides) await side.end();
  }
}

const run = ["deno", "run", "-q", "--no-prompt", "-P=train", "lib/cli/main.ts"];

async function measure(name: string, folder: string): Promise<CaseResult | undefined> {
  if (name === "transcribe") {
    const speech = await findSpeech(console.log);
    return speech && await compare(name, PLANS[name], folder, speech);
  }
  if (name === "start-up") {
    const sides = [await timeCommand("ours", ["deno", "task", "-q", "eval", "--help"], options.repeats)];
    const python = await findPython("torch");
    if (python) sides.push(await timeCommand("python", [python.command, "-c", "import torch"], options.repeats));
    return caseResult(name, "deno task eval --help; Python: import torch", sides);
  }
  if (name === "train") {
    const command = [...run, "train", "--out", join(folder, "run")];
    return caseResult(name, "deno task train on the sample, whole", [await timeCommand("ours", command, 1)]);
  }
  return await compare(name as CaseName, PLANS[name as CaseName], folder);
}

const results: CaseResult[] = [];
const machine = { cores: navigator.hardwareConcurrency, os: Deno.build.os, deno: Deno.version.deno };
for (const name of options.cases) {
  await Deno.mkdir(WORK, { recursive: true });
  const folder = await Deno.makeTempDir({ dir: WORK, prefix: `${name}-` });
  try {
    const result = await measure(name, folder);
    if (result === undefined) continue;
    results.push(result);
    console.log(linesOf(result).join("\n"));
    await writeAtomic(options.out, JSON.stringify({ machine, at: new Date().toISOString(), results }, null, 1));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
console.log(`results: ${options.out}`);
if (results.some(({ sides }) => sides.some(({ equal }) => equal === false))) {
  console.error("error: a side computed other results than ours, so that its time says nothing");
  Deno.exitCode = 1;
}
