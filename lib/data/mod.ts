/**
 * Data sets in their published layouts and your own, and what is wrong with their files.
 *
 * @module
 */

// Pairs of a recording and an image.
export { loadPairs, type PairsName } from "./load_pairs.ts";
export { loadFlickr8k } from "./flickr8k.ts";
export { loadSpokenCoco } from "./spokencoco.ts";
export { loadLocalizedNarratives } from "./localized_narratives.ts";
export { loadOwnPairs, loadTone, type TonePair } from "./own_data.ts";
export { type Pair, type Split } from "./pair.ts";

// Recordings with an emotion.
export { loadRavdess, type RavdessOptions } from "./ravdess.ts";
export { loadEmotionClips } from "./own_data.ts";
export { type EmotionClip } from "./pair.ts";

// What a loader skipped, and a check of every file.
export { type LoadOptions, type Oddity, oddityLines } from "./pair.ts";
export { checkDataset, type Checked, type CheckedName, type CheckOptions } from "./check/check_dataset.ts";
export { type CheckReport, type SplitFacts, type Spread } from "./check/report.ts";
export { type Finding } from "./check/findings.ts";
