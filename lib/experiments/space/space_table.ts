/**
 * The joint space in numbers.
 *
 * @module
 */
import { markdownTable } from "../experiment_file.ts";
import type { SpaceResult, SpaceSettings } from "./experiment.ts";

/** Markdown: how near pairs lie, how far the modalities are apart, what the maps keep. */
export function spaceTable({ models }: SpaceSettings, { of, pairs, models: found }: SpaceResult): string {
  const rows = found.map((model) => [
    model.name,
    model.pairDistance.toFixed(3),
    model.otherDistance.toFixed(3),
    model.modalityGap.toFixed(3),
    `${(100 * (model.explained[0] + model.explained[1])).toFixed(0)} %`,
    model.pca.trustworthiness.toFixed(3),
    model.tsne.trustworthiness.toFixed(3),
    model.recall.speech2image["R@1"].toFixed(1),
  ]);
  const head = [
    "model",
    "own pair",
    "other pairs",
    "modality gap",
    "variance in 2 components",
    "trust PCA",
    "trust t-SNE",
    "S2I R@1",
  ];
  return [
    "# The joint space",
    `Split ${of.split} of ${of.dataset} in ${models[0]!.config.dataRoot}: ${of.pictures} pictures, ${of.recordings} ` +
    `recordings, of which ${pairs.length} pairs are drawn. Distances are Euclidean between features of length 1 (0 to 2). The ` +
    "modality gap is that between the mean picture and the mean recording. Trust: trustworthiness of 10 neighbours on the map.",
    markdownTable(head, rows),
  ].join("\n\n") + "\n";
}
