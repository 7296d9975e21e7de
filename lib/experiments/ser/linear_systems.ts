/**
 * The systems that fit nothing but a linear head, or nothing at all.
 *
 * @module
 */
import { type FeatureRows, fitLinearClassifier } from "../../metrics/linear_classifier.ts";
import { chooseL2 } from "./choose_l2.ts";
import type { Protocol } from "./protocols.ts";
import type { SerClip } from "./ser_results.ts";
import type { Fold } from "./speaker_folds.ts";

/** What was said of the judged clips of all folds. */
export interface LinearAnswers {
  /** In the order of the folds. */
  predictions: { id: string; emotion: string }[];
  /** The penalty of each fold; null where nothing is fitted. */
  l2: number[] | null;
}

/** The mood that is the most frequent among a fold's train clips (of equals the first by name), for every clip. */
export function majority(clips: readonly SerClip[], { folds }: Protocol): LinearAnswers {
  const predictions = folds.flatMap(({ train, test }) => {
    const counts = Map.groupBy(train, (place) => clips[place]!.emotion);
    const names = [...counts.keys()].sort();
    const emotion = names.reduce((best, name) => counts.get(name)!.length > counts.get(best)!.length ? name : best);
    return test.map((place) => ({ id: clips[place]!.id, emotion }));
  });
  return { predictions, l2: null };
}

/**
 * Softmax regression on features; in each fold the penalty is chosen by cross-validation over the fold's train speakers.
 *
 * @param rows a row a clip
 */
export async function linearProbe(
  rows: FeatureRows,
  clips: readonly SerClip[],
  { folds }: Protocol,
  onFold: (fold: number) => void = () => {},
): Promise<LinearAnswers> {
  const predictions: LinearAnswers["predictions"] = [];
  const penalties: number[] = [];
  for (const [number, fold] of folds.entries()) {
    const { l2 } = chooseL2(...inputsOf(rows, clips, fold.train));
    const [features, labels] = inputsOf(rows, clips, fold.train);
    const classifier = fitLinearClassifier(features, labels, { l2 });
    const said = classifier.predict(fold.test.map((place) => rows[place]!));
    predictions.push(...fold.test.map((place, i) => ({ id: clips[place]!.id, emotion: said[i]! })));
    penalties.push(l2);
    onFold(number + 1);
    await new Promise((done) => setTimeout(done)); // lets a Ctrl-C in
  }
  return { predictions, l2: penalties };
}

function inputsOf(
  rows: FeatureRows,
  clips: readonly SerClip[],
  places: Fold["train"],
): [rows: FeatureRows, labels: string[], speakers: string[]] {
  return [
    places.map((place) => rows[place]!),
    places.map((place) => clips[place]!.emotion),
    places.map((place) => clips[place]!.speaker),
  ];
}
