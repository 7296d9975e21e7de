/** Simulations: how often a 95 % interval contains the true value. */
import assert from "node:assert/strict";
import type { TrialRow } from "../../lib/experiments/results.ts";
import { gainByWer } from "../../lib/experiments/wer_gain.ts";
import { corpusErrors } from "../../lib/experiments/wer_analysis.ts";
import { bootstrapTest, hitsInterval, medianInterval } from "../../lib/metrics/bootstrap.ts";
import { classificationScores, jackknifeInterval } from "../../lib/metrics/classification.ts";
import { logisticRegression } from "../../lib/metrics/logistic_regression.ts";
import { Random } from "../../lib/random.ts";

const TRIALS = 1000;

/** Coverage in percent; its standard error is 0.7 points, with 500 trials 1.0. */
function coverage(
  trial: (random: Random, index: number) => readonly [low: number, high: number],
  truth: number,
  trials = TRIALS,
): number {
  const random = new Random(11);
  let covered = 0;
  for (let i = 0; i < trials; i++) {
    const [low, high] = trial(random, i);
    if (low <= truth && truth <= high) covered++;
  }
  return 100 * covered / trials;
}

function isNominal(covered: number, what: string): void {
  assert.ok(covered >= 93 && covered <= 97, `${what}: ${covered.toFixed(1)} % covered`);
}

/** How hard images are, how much seeds differ, and the noise of each query, on the scale of log odds. */
interface World {
  seeds: number;
  images: number;
  level: number;
  ofImages: number;
  ofSeeds: number;
  noise: number;
}

/** Hits of every seed on the same images. */
function draw(random: Random, { seeds, images, level, ofImages, ofSeeds, noise }: World, gains = [0]): number[][][] {
  const ease = Array.from({ length: images }, () => level + ofImages * random.normal());
  return gains.map((gain) =>
    Array.from({ length: seeds }, () => {
      const luck = gain + ofSeeds * random.normal();
      return ease.map((own) => own + luck + noise * random.normal() > 0 ? 100 : 0);
    })
  );
}

/** The true recall: the normal distribution's share above 0. */
function trueRecall({ level, ofImages, ofSeeds, noise }: World, gain = 0): number {
  const spread = Math.hypot(ofImages, ofSeeds, noise);
  let sum = 0;
  const steps = 20000;
  for (let i = 0; i < steps; i++) { // midpoints of the density, from the threshold up
    const z = -(level + gain) / spread + (i + 0.5) * 12 / steps;
    sum += Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI) * 12 / steps;
  }
  return 100 * sum;
}

const WORLD: World = { seeds: 3, images: 200, level: -0.7, ofImages: 1, ofSeeds: 0.2, noise: 0.5 };
const FAST = { resamples: 300 };

Deno.test("recall of one seed: in the middle, and near 0 and 100 %", () => {
  const alone = { ...WORLD, images: 300, seeds: 1, ofSeeds: 0 };
  const at = (level: number): number => {
    const world = { ...alone, level };
    return coverage((random, seed) => hitsInterval(draw(random, world)[0]!, { ...FAST, seed }), trueRecall(world));
  };
  isNominal(at(0), "recall 50");
  // Few hits are whole numbers, so the coverage of a single recall jumps; it is right on average.
  for (const levels of [[-1.8, -2.1, -2.4, -2.7], [1.9, 2.2, 2.5]]) { // recalls of 1 to 5, and 95 to 99 %
    const covered = levels.map(at);
    isNominal(covered.reduce((sum, one) => sum + one, 0) / covered.length, `recall near the edge: ${covered}`);
    assert.ok(Math.min(...covered) >= 92, `${covered}`);
  }
});

Deno.test("means over three and five seeds that differ not at all, little, much, and by half of all images", () => {
  const worlds = [
    ...[3, 5].flatMap((seeds) => [0, 0.2, 0.4, 0.9].map((ofSeeds) => ({ ...WORLD, seeds, ofSeeds }))),
    { ...WORLD, level: 1.2, ofSeeds: 0.4 },
    { ...WORLD, seeds: 5, level: 2.1 },
    { ...WORLD, seeds: 5, ofSeeds: 0, noise: 0.2 },
  ];
  for (const world of worlds) {
    const truth = trueRecall(world);
    isNominal(
      coverage((random, seed) => hitsInterval(draw(random, world)[0]!, { ...FAST, seed }), truth, 500),
      JSON.stringify(world),
    );
  }
});

Deno.test("the median over images and seeds", () => {
  for (const [seeds, ofSeeds] of [[1, 0], [3, 0.1], [5, 0.4]] as const) {
    const found = coverage(
      (random, seed) => {
        const ease = Array.from({ length: 80 }, () => random.normal());
        const rows = Array.from({ length: seeds }, () => {
          const luck = ofSeeds * random.normal();
          return ease.map((own) => Math.exp(own + luck)); // not symmetric, as ranks
        });
        const [low, high] = medianInterval(rows, { resamples: 300, seed });
        return [Math.log(low), Math.log(high)];
      },
      0,
      400,
    );
    isNominal(found, `${seeds} seeds`);
  }
});

Deno.test("differences of means over seeds; images alone would cover too little where seeds differ", () => {
  for (const world of [WORLD, { ...WORLD, seeds: 5, ofSeeds: 0.2 }, { ...WORLD, seeds: 1, ofSeeds: 0 }]) {
    const gains = [0.25, 0], truth = trueRecall(world, gains[0]) - trueRecall(world);
    const found = coverage((random, seed) => {
      const [a, b] = draw(random, world, gains) as [number[][], number[][]];
      return bootstrapTest(a, b, { ...FAST, seed }).interval;
    }, truth);
    isNominal(found, JSON.stringify(world));
  }
  const world = { ...WORLD, ofSeeds: 0.3 };
  const imagesAlone = coverage((random, seed) => {
    const means = draw(random, world, [0.25, 0]).map((rows) =>
      rows[0]!.map((_, image) => rows.reduce((sum, row) => sum + row[image]!, 0) / rows.length)
    );
    return bootstrapTest([means[0]!], [means[1]!], { ...FAST, seed }).interval;
  }, trueRecall(world, 0.25) - trueRecall(world));
  assert.ok(imagesAlone < 80, `${imagesAlone}`);
});

Deno.test("p of two models that are alike is below 5 % in one of twenty cases", () => {
  for (const world of [WORLD, { ...WORLD, seeds: 5, ofSeeds: 0.3 }]) {
    const random = new Random(4);
    let found = 0;
    for (let seed = 0; seed < TRIALS; seed++) {
      const [a, b] = draw(random, world, [0, 0]) as [number[][], number[][]];
      if (bootstrapTest(a, b, { ...FAST, seed }).p < 0.05) found++;
    }
    assert.ok(found / TRIALS > 0.025 && found / TRIALS < 0.07, `${found / TRIALS}`);
  }
});

Deno.test("six speakers: accuracy, its difference and the average recall; the bootstrap would cover 87 %", () => {
  const classes = ["calm", "happy"], clips = 24, speakers = 6;
  const groups = Array.from({ length: speakers * clips }, (_, item) => String(Math.floor(item / clips)));
  const actual = groups.map((_, item) => classes[item % 2]!);
  /** Speakers differ in how well they are recognized: 65 % on average, between 45 and 85. */
  const predict = (random: Random, lift = 0): string[] => {
    const skill = Array.from({ length: speakers }, () => random.uniform(0.45, 0.85) + lift);
    return actual.map((right, item) => random.next() < skill[Number(groups[item])]! ? right : classes[1 - item % 2]!);
  };
  const hits = (predicted: string[]): number[] => predicted.map((emotion, item) => emotion === actual[item] ? 100 : 0);
  isNominal(coverage((random) => hitsInterval([hits(predict(random))], { groups }), 65), "accuracy");
  isNominal(
    coverage((random) => bootstrapTest([hits(predict(random, 0.1))], [hits(predict(random))], { groups }).interval, 10),
    "difference",
  );
  const covered = coverage((random) => {
    const predicted = predict(random);
    return jackknifeInterval(groups, (items) =>
      classificationScores({
        classes,
        actual: items.map((item) => actual[item]!),
        predicted: items.map((item) => predicted[item]!),
      }).unweightedAverageRecall);
  }, 0.65);
  isNominal(covered, "unweighted average recall");
});

Deno.test("six speakers and three seeds: accuracy and average recall", () => {
  const clips = 24, speakers = 6, classes = ["calm", "happy"];
  const groups = Array.from({ length: speakers * clips }, (_, item) => String(Math.floor(item / clips)));
  const actual = groups.map((_, item) => classes[item % 2]!);
  const predict = (random: Random): string[][] => {
    const skill = Array.from({ length: speakers }, () => random.uniform(0.5, 0.8));
    return [1, 2, 3].map(() => {
      const luck = random.uniform(-0.1, 0.1);
      return actual.map((right, item) =>
        random.next() < skill[Number(groups[item])]! + luck ? right : classes[1 - item % 2]!
      );
    });
  };
  const hits = (seeds: string[][]) =>
    seeds.map((own) => own.map((emotion, item) => emotion === actual[item] ? 100 : 0));
  isNominal(coverage((random) => hitsInterval(hits(predict(random)), { groups }), 65, 500), "accuracy");
  const recall = (predicted: string[], items: number[]): number =>
    classificationScores({
      classes,
      actual: items.map((item) => actual[item]!),
      predicted: items.map((item) => predicted[item]!),
    }).unweightedAverageRecall;
  const covered = coverage(
    (random) => jackknifeInterval(groups, predict(random).map((own) => (items: number[]) => recall(own, items))),
    0.65,
    500,
  );
  isNominal(covered, "unweighted average recall");
});

Deno.test("how a gain grows with the word error rate, over images of two recordings and three seeds", () => {
  const images = 60, pictureOf = Array.from({ length: 2 * images }, (_, n) => Math.floor(n / 2));
  const covered = coverage(
    (random, seed) => {
      const wer = pictureOf.map(() => random.next()),
        ease = Array.from({ length: images }, () => random.uniform(-0.2, 0.2));
      const rows = (gain: number, slope: number) =>
        [1, 2, 3].map(() => {
          const luck = random.uniform(-0.05, 0.05);
          const speech2image = pictureOf.map((image, n) =>
            random.next() < 0.3 + gain + slope * wer[n]! + ease[image]! + luck ? 1 : 9
          );
          return { pictureOf, ranks: { speech2image, image2speech: [] } } as unknown as TrialRow;
        });
      return gainByWer(rows(0.05, 0.2), rows(0, 0), wer, 1, { resamples: 100, seed })!.slope.interval;
    },
    2,
    300,
  );
  isNominal(covered, "slope");
});

Deno.test("the slope on the word error rate, with four recordings of each image; as independent they would cover too little", () => {
  const images = 60, each = 4, groups = Array.from({ length: images * each }, (_, row) => Math.floor(row / each));
  let independent = 0;
  /** Rate and ease belong to the image, so its recordings are found or missed together. */
  const covered = coverage((random) => {
    const [rates, ease] = [0, 1].map(() => Array.from({ length: images }, () => random.normal()));
    const wer = groups.map((image) => rates![image]! + 0.3 * random.normal());
    const hit = groups.map((image) => ease![image]! > random.normal() ? 1 : 0);
    const { coefficients, clustered } = logisticRegression({ wer }, hit, groups);
    const [low, high] = coefficients[1]!.confidence95;
    if (low <= 0 && high >= 0) independent++;
    return clustered!.coefficients[1]!.confidence95;
  }, 0);
  isNominal(covered, "clustered");
  assert.ok(independent < 0.9 * TRIALS, `${independent}`);
});

Deno.test("the word error rate resamples images; recordings would cover too little", () => {
  const images = 50, each = 3, names = Array.from({ length: images * each }, (_, row) => `${Math.floor(row / each)}`);
  const random = new Random(7), trials = 300;
  const covered = { images: 0, recordings: 0 };
  for (let seed = 0; seed < trials; seed++) {
    const noise = Array.from({ length: images }, () => random.uniform(0, 0.6));
    const errors = names.map((name) => {
      let wrong = 0;
      for (let word = 0; word < 10; word++) if (random.next() < noise[Number(name)]!) wrong++;
      return { words: 10, errors: wrong, substitutions: wrong, deletions: 0, insertions: 0, wer: wrong / 10 };
    });
    for (const [of, drawn] of [["images", names], ["recordings", undefined]] as const) {
      const [low, high] = corpusErrors(errors, { seed, ...(drawn && { images: drawn }) }).wer95;
      if (low <= 0.3 && 0.3 <= high) covered[of]++;
    }
  }
  isNominal(100 * covered.images / trials, "images");
  assert.ok(covered.recordings < 0.88 * trials, `${covered.recordings}`);
});
