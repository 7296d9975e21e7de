/**
 * Runs `ser`: how much emotion does the speech feature contain?
 */
import { join } from "@std/path";
import { exists } from "../../files/read.ts";
import { hitsInterval } from "../../metrics/bootstrap.ts";
import { accuracyByGroup, classificationScores, jackknifeInterval } from "../../metrics/classification.ts";
import { useBackend } from "../../runtime/backend.ts";
import { VARIANTS } from "../../systems/variants.ts";
import type { NearChance } from "../../training/chance.ts";
import { openRun } from "../../training/run_folder.ts";
import { readResults } from "../results.ts";
import { ensureRun } from "../train_run.ts";
import type { ExperimentContext } from "../experiment.ts";
import { baselineFeatures, type CopyStates, loadClips, prepareClips, type PreparedClips } from "./clips.ts";
import { allClipFeatures, type OpenEncoder, openEncoder } from "./encoder.ts";
import { fineTunedAnswers } from "./fine_tune.ts";
import { type Protocol, protocolsOf } from "./folds.ts";
import { linearProbe, majority, STATES_L2, stateStatistics } from "./linear.ts";
import type { SerClip, SerEncoder, SerResult, SerRow, SerSettings } from "./results.ts";

/**
 * Evaluates the baselines (the most frequent emotion, and a linear classifier on log-mel statistics) and each encoder, both
 * frozen under a linear classifier and fine-tuned, on the data set's split and on folds over speakers. Nothing is fitted to or
 * chosen on test clips.
 *
 * @param context its folder gets runs, finished parts and the list of skipped clips
 * @throws {InputError} if data, models or earlier runs are at fault.
 * @throws the signal's reason, if it was aborted; the next call continues.
 */
export async function runSer(settings: SerSettings, context: ExperimentContext): Promise<SerResult> {
  const { report, signal } = context;
  const listed = await loadClips(settings.data, report);
  const baseline = await baselineFeatures(listed, context);
  const runs: Awaited<ReturnType<typeof encoderRun>>[] = [];
  for (const encoder of settings.encoders) runs.push(await encoderRun(encoder, context));
  const nearChance = Object.fromEntries(
    settings.encoders.flatMap(({ name }, i) => runs[i]!.nearChance ? [[name, runs[i]!.nearChance]] : []),
  );

  await using stack = new AsyncDisposableStack();
  const copies: CopyStates = new Map();
  const opened: { encoder: SerEncoder; open: OpenEncoder; prepared: PreparedClips }[] = [];
  for (const [i, encoder] of settings.encoders.entries()) {
    await useBackend(encoder.config.backend);
    const open = stack.use(await openEncoder(encoder.config, runs[i]!.path));
    const prepared = stack.use(
      await prepareClips(
        listed,
        open,
        encoder,
        { transcript: encoder.transcript ?? settings.data.transcript, copies },
        context,
      ),
    );
    opened.push({ encoder, open, prepared });
  }
  const usable = listed.filter(({ id }) =>
    baseline.has(id) && opened.every(({ prepared }) => prepared.examples.has(id))
  );
  const clips = usable.map(({ id, speaker, emotion, split }): SerClip => ({
    id,
    speaker,
    emotion,
    split: split === "test" ? "test" : "train",
    transcript: opened[0]?.prepared.transcripts.get(id) ?? "",
  }));
  const protocols = protocolsOf(clips, settings);
  const folds = protocols.find(({ name }) => name === "speakers-out")?.folds.length ?? 0;
  if (folds > 0 && folds < settings.folds) {
    report.line(`${folds} folds instead of ${settings.folds}, as the clips have only ${folds} speakers`);
  }

  const probe = async (
    label: string,
    protocol: Protocol,
    rows: readonly ArrayLike<number>[],
    choices?: readonly number[],
  ) => {
    const progress = report.progress(`${label}, ${protocol.name}`, protocol.folds.length, "fit");
    try {
      const onFold = (fold: number): void => {
        signal?.throwIfAborted();
        progress.update(fold);
      };
      return await linearProbe(rows, clips, protocol, { onFold, choices });
    } finally {
      progress.stop();
    }
  };
  const answers: Answers[] = [];
  for (const protocol of protocols) {
    const base = { encoder: null, layer: null, protocol: protocol.name, seed: null };
    answers.push({ ...base, system: "majority", ...majority(clips, protocol) });
    const rows = clips.map(({ id }) => baseline.get(id)!);
    answers.push({ ...base, system: "log-mel", ...await probe("log-mel", protocol, rows) });
  }
  // Every system reads the states of this Whisper: what a linear head finds in them without any branch.
  const acoustic = opened.find(({ encoder }) => VARIANTS[encoder.config.variant].acoustic);
  if (acoustic !== undefined) {
    const { open: { whisper: { layers = 1 } }, prepared: { examples } } = acoustic;
    const byClip: Float64Array[][] = [];
    for (const { id } of clips) {
      const { width, values } = examples.get(id)!.states!;
      byClip.push(stateStatistics(await values(), { width, layers }));
    }
    for (let layer = 0; layer < layers; layer++) {
      const found = await probe(
        `states of layer ${layer}`,
        protocols[0]!,
        byClip.map((rows) => rows[layer]!),
        STATES_L2,
      );
      const base = { encoder: null, layer: layers === 1 ? null : layer, protocol: "split", seed: null } as const;
      answers.push({ ...base, system: "states", ...found });
    }
  }
  for (const { encoder, open, prepared } of opened) {
    const rows = await allClipFeatures(open.model, clips.map(({ id }) => prepared.examples.get(id)!));
    for (const protocol of protocols) {
      const base = { encoder: encoder.name, layer: null, protocol: protocol.name };
      answers.push({ ...base, system: "probe", seed: null, ...await probe(`probe ${encoder.name}`, protocol, rows) });
      if (settings.fineTune === null || protocol.name === "speakers-out" && !settings.fineTuneFolds) continue;
      for (const seed of settings.seeds) {
        const job = { encoder, open, prepared, clips, protocol, settings: settings.fineTune, seed };
        const predictions = await fineTunedAnswers(job, context);
        answers.push({ ...base, system: "fine-tuned", seed, l2: null, chosenBy: null, predictions });
      }
    }
  }
  const classes = [...new Set(clips.map(({ emotion }) => emotion))].sort();
  return {
    classes,
    clips,
    folds,
    encoderSteps: Object.fromEntries(opened.map(({ encoder, open }) => [encoder.name, open.step])),
    ...(Object.keys(nearChance).length > 0 && { nearChance }),
    rows: answers.map((one) => scoreRow(one, clips, classes)),
  };
}

/** An encoder's complete run, which is trained if needed; none for an untrained encoder. */
async function encoderRun(
  { config, path, trained }: SerEncoder,
  { folder, report, signal }: ExperimentContext,
): Promise<{ path: string | null; nearChance?: NearChance[] | undefined }> {
  if (!trained) return { path: null };
  if (path !== null && await exists(path)) {
    const { results } = (await openRun(path)).folder;
    return { path, nearChance: await exists(results) ? (await readResults(results)).nearChance : undefined };
  }
  const own = join(folder, `encoder-${config.variant}`);
  const { results: { nearChance } } = await ensureRun(config, own, { report, signal });
  return { path: own, nearChance };
}

type Answers = Pick<SerRow, "system" | "encoder" | "layer" | "protocol" | "seed" | "l2" | "chosenBy" | "predictions">;

/**
 * Scores predictions: accuracy and unweighted average recall with 95 % intervals over speakers, confusion, and
 * accuracy for each speaker.
 *
 * @throws {RangeError} if there are no predictions, or if one has an unknown clip or emotion.
 */
export function scoreRow(answers: Answers, clips: readonly SerClip[], classes: readonly string[]): SerRow {
  const byId = new Map(clips.map((clip) => [clip.id, clip]));
  const scored = answers.predictions.map(({ id }) => {
    const clip = byId.get(id);
    if (clip === undefined) throw new RangeError(`Cannot score as there is no clip '${id}'`);
    return clip;
  });
  const actual = scored.map(({ emotion }) => emotion);
  const predicted = answers.predictions.map(({ emotion }) => emotion);
  const { recall, confusion, ...scores } = classificationScores({ classes, actual, predicted });
  // A clip without a named speaker forms its own group.
  const speakers = scored.map(({ speaker, id }) => speaker === "" ? id : speaker);
  const hits = actual.map((emotion, item) => emotion === predicted[item] ? 100 : 0);
  const [low, high] = hitsInterval([hits], { groups: speakers });
  const averageRecall = (items: number[]): number =>
    classificationScores({
      classes,
      actual: items.map((item) => actual[item]!),
      predicted: items.map((item) => predicted[item]!),
    }).unweightedAverageRecall;
  return {
    ...answers,
    accuracy: { value: scores.accuracy, interval: [low / 100, high / 100] },
    unweightedAverageRecall: {
      value: scores.unweightedAverageRecall,
      interval: jackknifeInterval(speakers, averageRecall),
    },
    recall: Object.fromEntries(
      Object.entries(recall).map(([name, value]) => [name, Number.isNaN(value) ? null : value]),
    ),
    confusion,
    bySpeaker: accuracyByGroup({ actual, predicted }, scored.map(({ speaker }) => speaker)),
  };
}
