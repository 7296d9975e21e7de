/** Trains and evaluates a run (paper, sections 3 and 4), on its own or as a part of an experiment. */
import { requireSplits } from "../data/load_pairs.ts";
import type { Split } from "../data/pair.ts";
import { InputError, StoppedError } from "../errors.ts";
import { writeAtomic } from "../files/atomic.ts";
import { sealed } from "../files/checksum.ts";
import { holdFolder } from "../files/lock.ts";
import { exists, readJson } from "../files/read.ts";
import type { Recall } from "../metrics/recall.ts";
import { LOG_TEMPERATURE } from "../systems/parameters.ts";
import { disposeModel, type Model, trainedParameters } from "../systems/system.ts";
import { type Variant, VARIANTS } from "../systems/variants.ts";
import { chanceWarning, nearChance } from "../training/chance.ts";
import { type Best, readCheckpoint, restore } from "../training/checkpoint.ts";
import { differences, type RunConfig } from "../training/config.ts";
import { imagesFor } from "../training/frozen_images.ts";
import { type Judged, type Training, trainLoop } from "../training/loop.ts";
import { Adam } from "../training/optimizer.ts";
import { createRun, openRun, type RunFolder, runFolder } from "../training/run_folder.ts";
import { readMetrics } from "../training/run_logs.ts";
import { identityOf } from "../training/run_model.ts";
import {
  baselineOf,
  type Baselines,
  evaluateBaselines,
  evaluateUntrained,
  type KnownEvaluations,
} from "./baselines.ts";
import { evaluateSplit, type Evaluation, gainOf, meanRecall, scoreSplit, untrainedModel } from "./evaluate.ts";
import { type OpenJob, openJob, type OpenTrained } from "./job.ts";
import { checkData, examplesFor, fingerprintData, loadData, pairsOf } from "./pairs.ts";
import type { PartProgress, Report, Watch } from "./report.ts";
import { type Cost, readResults, type RunResults, TIMES } from "./results.ts";

/** How a run is trained, watched and stopped. */
export interface TrainRunOptions extends Watch {
  /** The split of the final evaluation. Default test. */
  split?: Split | undefined;
  /** Whether to continue from the folder's last checkpoint. */
  resume?: boolean | undefined;
  /** The step to stop after. */
  stopAfter?: number | undefined;
  /** The message of the `StoppedError` that a stop throws. */
  how?: string | undefined;
  /** Evaluations that other runs share. */
  known?: KnownEvaluations | undefined;
  /** Runs with the same training, which this one trains with it as far as it can. */
  twins?: readonly { config: RunConfig; path: string }[] | undefined;
  /** Receives the final evaluation while the job is open. */
  onTested?: ((job: OpenJob, tested: TrainedEvaluation) => Promise<void>) | undefined;
}

/**
 * Evaluates the baselines, trains, selects the best checkpoint by mean R@1 on dev, evaluates it once on test (or another
 * split), and writes `results.json`.
 *
 * @throws {InputError} if a split is empty, a checkpoint is of another model, or the training diverges.
 * @throws the signal's reason, or a `StoppedError`, if it was stopped before all steps were taken.
 */
export async function trainRun(job: OpenJob, options: TrainRunOptions): Promise<RunResults> {
  const { config } = job;
  const { report, split = "test" } = options;
  requireSplits(pairsOf(job), splitsOf(split), config);
  const baselines = await evaluateBaselines(job, split, options.known);
  if (baselines.zeroShotCaption === undefined) {
    report.line(`a recording of ${split} has no written caption: the baseline on written captions is skipped`);
  }
  const { speech2image, image2speech } = baselines.zeroShot.result;
  const recall = (found: Recall) => Object.entries(found).map(([k, value]) => `${k} ${value.toFixed(1)}`).join(", ");
  report.line(`zero-shot baseline on ${split}, before any training, in percent:`);
  report.line(`  speech to image ${recall(speech2image)}; image to speech ${recall(image2speech)}`);
  const trained = !VARIANTS[config.variant].trained ? untrained(baselines, config.variant) : await train(job, options);
  const results: RunResults = { ...joinResults(trained, baselines), data: job.data.fingerprint };
  if (await exists(job.folder.command)) results.command = await readJson(job.folder.command) as string[];
  if (trained.cost !== undefined) {
    const { parameters: _, ...times } = trained.cost;
    await writeAtomic(job.folder.times, `${JSON.stringify(times)}\n`);
  }
  await writeAtomic(job.folder.results, sealed(results, 2));
  await options.onTested?.(job, trained);
  return results;
}

/** The splits of a run whose final evaluation is on a split. */
function splitsOf(split: Split): Split[] {
  return [...new Set<Split>(["train", "dev", split])];
}

/** An evaluation of the checkpoint after some steps. */
export type TrainedEvaluation = { evaluation: Evaluation; step: number } & Pick<RunResults, "nearChance" | "cost">;

/** Joins a run's own result with its baselines. */
function joinResults({ evaluation, step, nearChance, cost }: TrainedEvaluation, baselines: Baselines): RunResults {
  const { zeroShot, zeroShotCaption, control, untrained } = baselines;
  const { result } = evaluation;
  const ownStart = untrained ?? control;
  const against = baselineOf(result.variant as Variant) === "pip-zero-shot" ? zeroShot : captions(zeroShotCaption);
  return {
    ...result,
    step,
    baselines: [zeroShot, zeroShotCaption, control, untrained].flatMap((baseline) => baseline?.result ?? []),
    gain: gainOf(evaluation, against),
    ...(result.trained && ownStart && { controlGain: gainOf(evaluation, ownStart) }),
    ...(nearChance && { nearChance }),
    ...(cost && { cost: { parameters: cost.parameters } }), // times differ between runs of the same seed
  };
}

function untrained(baselines: Baselines, variant: Variant): TrainedEvaluation {
  const { zeroShot, zeroShotCaption } = baselines;
  return { evaluation: variant === "pip-zero-shot" ? zeroShot : captions(zeroShotCaption), step: 0 };
}

/** Requires the evaluation of written captions for a variant that reads them. */
function captions(evaluation: Evaluation | undefined): Evaluation {
  if (evaluation !== undefined) return evaluation;
  throw new InputError("Cannot use written captions as a pair has none: choose a variant without '-gt'.");
}

/**
 * Evaluates an opened run on a split, with the baselines of that split.
 *
 * @throws {InputError} if the split is empty.
 */
export async function evaluateRun({ job, model, step }: OpenTrained, split: Split): Promise<RunResults> {
  requireSplits(pairsOf(job), [split], job.config);
  const { variant } = job.config;
  const baselines = await evaluateBaselines(job, split);
  if (!VARIANTS[variant].trained) return joinResults(untrained(baselines, variant), baselines);
  const evaluation = await evaluateSplit(job, model, split, true);
  // A run without readable results, such as one that was stopped, can be evaluated too.
  const stored = await readResults(job.folder.results).catch(() => undefined);
  const cost = costOf(job, model, evaluation);
  return joinResults({ evaluation, step, nearChance: stored?.nearChance, cost }, baselines);
}

async function train(job: OpenJob, options: TrainRunOptions): Promise<TrainedEvaluation> {
  const { config, folder, data } = job;
  const { report, signal, stopAfter } = options;
  const model = untrainedModel(job);
  const optimizer = new Adam({ weightDecay: config.weightDecay });
  let progress: PartProgress | undefined;
  try {
    // The identity has the data's fingerprint itself; that of the config is known only once the run has begun.
    const identity = { ...identityOf(job, model), config: { ...config, dataFingerprint: undefined } };
    const goesOn = options.resume && await exists(folder.last);
    const from = goesOn ? await restore({ model, optimizer, identity }, folder.last) : undefined;
    const examples = examplesFor(job, "train", config.variant);
    const before = await evaluateUntrained(job, baselineOf(config.variant), "dev", options.known);
    const what = config.system === "brewclip"
      ? "before training, without prompts"
      : "of the frozen models on transcripts";
    report.line(`mean R@1 on dev ${what}: ${meanRecall(before.result).toFixed(1)} %`);
    const shown = progress = report.progress("train", config.steps, "step", from?.step ?? 0);
    const twins = await openTwins(job, model, options.twins ?? [], from?.step ?? 0);
    const training = {
      config,
      model,
      optimizer,
      examples,
      images: imagesFor(model, data.images),
      folder,
      identity,
      evaluate: () => scoreSplit(job, model, "dev"),
      twins,
    };
    const outcome = await trainLoop(training, {
      from,
      signal,
      stopAfter,
      onStep: ({ step, loss }) => {
        shown.update(step, `loss ${loss.toFixed(3)}`);
        shown.measure?.(step, { loss });
      },
      onEvaluation: ({ step, score, isBest }) => {
        shown.line(`step ${step}: mean R@1 on dev ${score.toFixed(1)} %${isBest ? ", the best so far" : ""}`);
        shown.measure?.(step, { "mean R@1 on dev in %": score });
      },
    });
    for (const twin of twins) await Deno.copyFile(folder.metrics, twin.folder.metrics);
    if (!outcome.complete) throw signal?.reason ?? new StoppedError(options.how ?? "stopped");
    const { step } = await restore({ model, identity }, folder.best);
    const stuck = nearChance({
      steps: config.system === "brewclip" && config.loss === "infonce" ? await readMetrics(folder.metrics) : [], // other losses have another chance
      inner: VARIANTS[config.variant].text && config.alpha > 0,
      batchSize: Math.min(config.batchSize, examples.length),
      queue: Math.min(config.queue ?? 0, config.batchSize * (config.steps - 1)),
      alpha: config.alpha,
      best: outcome.best?.score ?? null,
      devImages: before.result.images,
    });
    const warning = chanceWarning(stuck, config.variant);
    if (warning !== undefined) report.line(`warning: ${warning}`);
    const evaluation = await evaluateSplit(job, model, options.split ?? "test", true);
    const cost = costOf(job, model, evaluation, outcome.secondsPerStep);
    return { evaluation, step, cost, ...(stuck.length > 0 && { nearChance: stuck }) };
  } finally {
    progress?.stop();
    optimizer.dispose();
    disposeModel(model);
  }
}

/** Opens runs with the same training: new ones, and those that stopped at the same step. The others are trained alone. */
async function openTwins(
  job: OpenJob,
  model: Model,
  twins: readonly { config: RunConfig; path: string }[],
  step: number,
): Promise<NonNullable<Training["twins"]>> {
  const opened: (Judged & { best: Best | null })[] = [];
  for (const { config, path } of twins) {
    const folder = runFolder(path);
    if (await exists(folder.results)) continue;
    if (!await exists(folder.config)) await createRun(path, config);
    checkSame((await openRun(path)).config, config, path);
    const twin = { ...model, variant: config.variant };
    const identity = { ...identityOf(job, twin), config: { ...config, dataFingerprint: undefined } };
    const last = await exists(folder.last) ? await readCheckpoint(folder.last, identity) : undefined;
    if ((last?.step ?? 0) !== step) continue;
    opened.push({ folder, identity, best: last?.best ?? null, evaluate: () => scoreSplit(job, twin, "dev") });
  }
  return opened;
}

/** What a trained model costs. */
function costOf(
  { config }: Pick<OpenJob, "config">,
  model: Model,
  { secondsPerQuery }: Pick<Evaluation, "secondsPerQuery">,
  secondsPerStep?: number,
): Cost {
  const trained = trainedParameters(model, config.temperature === "fixed" ? [LOG_TEMPERATURE] : []);
  const parameters = trained.reduce((sum, [, { size }]) => sum + size, 0);
  return { parameters, ...(secondsPerStep !== undefined && { secondsPerStep }), secondsPerQuery };
}

/**
 * Makes sure that a run of these settings is complete: reads a complete run, continues a stopped one, or trains a new one.
 *
 * @param path the run's folder
 * @param options.split of the final evaluation of a run that is trained; default test
 * @throws {InputError} if the folder has a run of other settings (it names them), or an input is at fault.
 * @throws the signal's reason, if it was aborted; the next call continues.
 */
export function ensureRun(
  config: RunConfig,
  path: string,
  options: Watch & { split?: Split | undefined },
): Promise<{ folder: RunFolder; results: RunResults }> {
  return ensureTested(config, path, options);
}

/** Does what {@link ensureRun} does, with evaluations that runs share. */
export async function ensureTested(
  config: RunConfig,
  path: string,
  { report: outer, split = "test", ...options }: Pick<
    TrainRunOptions,
    keyof Watch | "split" | "known" | "twins" | "onTested"
  >,
): Promise<{ folder: RunFolder; results: RunResults }> {
  const report: Report = { ...outer, result: outer.line }; // a run's own tables are not results of the experiment
  await using locks = new AsyncDisposableStack();
  if (!await exists(runFolder(path).results)) {
    for (const place of [path, ...(options.twins ?? []).map((twin) => twin.path)].sort()) {
      locks.use(await holdFolder(place));
    }
  }
  const there = await exists(runFolder(path).config);
  const { folder, config: stored } = there ? await openRun(path) : { folder: await createRun(path, config), config };
  checkSame(stored, config, path);
  if (stored.dataFingerprint !== undefined) {
    checkData({ ...config, dataFingerprint: stored.dataFingerprint }, await currentData(config), path);
  }
  if (await exists(folder.results)) {
    return { folder, results: await withTimes(folder, await readResults(folder.results)) };
  }
  report.line(`run ${path}: ${config.variant} on ${config.dataset}, seed ${config.seed}, ${config.steps} steps`);
  const { dataFingerprint } = stored;
  const opened = { splits: splitsOf(split), report, signal: options.signal, trains: true };
  await using job = await openJob({ ...config, dataFingerprint }, folder, opened);
  const results = await trainRun(job, { ...options, report, resume: there, split });
  return { folder, results: await withTimes(folder, results) };
}

/** Adds the times to what the model costs, if the run's folder has them. */
async function withTimes({ times }: RunFolder, results: RunResults): Promise<RunResults> {
  if (results.cost === undefined || !await exists(times)) return results;
  const { data } = TIMES.safeParse(await readJson(times));
  return { ...results, cost: { ...results.cost, ...data } };
}

/** Fingerprints of data sets by their location. A comparison needs the same one for each of its runs. */
const fingerprints = new Map<string, Promise<string>>();

function currentData({ dataset, dataRoot, dataRoots }: RunConfig): Promise<string> {
  const place = { dataset, dataRoot, dataRoots };
  const key = JSON.stringify(place);
  const known = fingerprints.get(key) ?? loadData(place).then((pairs) => fingerprintData(place, pairs));
  fingerprints.set(key, known);
  return known;
}

function checkSame(stored: RunConfig, wanted: RunConfig, path: string): void {
  const other = differences(stored, wanted);
  if (other.length === 0) return;
  throw new InputError(
    `Cannot continue the run '${path}' as it has other settings: ${other.join("; ")}. ` +
      "Remove its folder or give another --out.",
  );
}
