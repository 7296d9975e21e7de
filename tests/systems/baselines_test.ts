/** What must hold for the published systems besides the reference's numbers. */
import * as tf from "@tensorflow/tfjs-core";
import assert from "node:assert/strict";
import { useBackend } from "../../lib/runtime/backend.ts";
import { convTower } from "../../lib/systems/conv_tower.ts";
import { crossShapes, matchAll } from "../../lib/systems/cross_layers.ts";
import { FAST_VGS_SIZES, fastVgsScores, fastVgsShapes } from "../../lib/systems/fast_vgs.ts";
import { RESDAVENET_SIZES, resDaveNetShapes } from "../../lib/systems/resdavenet.ts";
import { disposeModel, type Model, runningStatistics, type Speech } from "../../lib/systems/system.ts";
import { FAST_VGS, MILAN, RESDAVENET, SPEECHCLIP_H } from "../baselines.ts";
import {
  type Baseline,
  numbersOf,
  readReference,
  readReferenceClip,
  referenceBatch,
  referenceFeatures,
  referenceModel,
} from "../baseline_suite.ts";
import { hostRows, rerank } from "../../lib/experiments/rerank.ts";
import { relativeError } from "../golden_folder.ts";

await useBackend("wasm");
const clip = await readReferenceClip();
const BASELINES = [FAST_VGS, RESDAVENET, MILAN] as unknown as Baseline<Model>[];

/** The same speech with frames of noise behind it. */
function padded({ states, lengths }: Speech, frames: number): Speech {
  const [batch, , width] = states!.shape;
  return { states: tf.concat([states!, tf.randomNormal([batch, frames, width])], 1) as tf.Tensor3D, lengths };
}

for (const baseline of BASELINES) {
  Deno.test(`${baseline.name}: padding changes no feature, statistic or score, whatever is in it`, async () => {
    const before = tf.memory().numTensors;
    const reference = await readReference(baseline.name);
    for (const training of [false, true]) {
      const results = [0, 1, 9].map((frames) => {
        const model = referenceModel(baseline, reference, clip);
        const made = tf.tidy(() => {
          const speech = baseline.speech(reference);
          const features = {
            ...baseline.system.encodeSpeech(model, frames ? padded(speech, frames) : speech, { training }),
            ...baseline.system.encodeImages(model, baseline.images(reference, clip), { training }),
          };
          const others = baseline.others?.(model, features) ?? {};
          return [
            features.speech,
            ...Object.values(others),
            ...[...model.statistics!.values()].map((x) => tf.clone(x)),
          ];
        });
        disposeModel(model);
        return made;
      });
      const [plain = [], ...others] = results;
      for (const other of others) {
        for (const [i, tensor] of plain.entries()) {
          const error = await relativeError(other[i]!, await tensor.data());
          assert.ok(error < 1e-5, `result ${i}: off by ${error}`);
        }
      }
      tf.dispose(results);
    }
    assert.equal(tf.memory().numTensors, before, "leaked tensors");
  });

  Deno.test(`${baseline.name}: in evaluation a recording's vector does not depend on the batch`, async () => {
    const reference = await readReference(baseline.name);
    const model = referenceModel(baseline, reference, clip);
    const [all, one] = tf.tidy(() => {
      const { states, lengths } = baseline.speech(reference);
      const length = lengths![1] as number;
      const alone = tf.slice(states!, [1, 0, 0], [1, length, -1]) as tf.Tensor3D;
      return [
        tf.slice(baseline.system.encodeSpeech(model, { states, lengths }).speech, [1, 0], [1, -1]),
        baseline.system.encodeSpeech(model, { states: alone }).speech,
      ];
    }) as [tf.Tensor, tf.Tensor];
    assert.ok(await relativeError(one, await all.data()) < 1e-5);
    tf.dispose([all, one]);
    disposeModel(model);
  });
}

Deno.test("a tower halves lengths as n -> ceil(n / 2), and refuses a length out of range", () => {
  const sizes = { widths: [2, 2, 2], kernel: 3, blocks: 1, stemKernel: 3, stemStride: 2 };
  tf.tidy(() => {
    const weight = (shape: number[]) => tf.ones(shape);
    const parameters = new Map<string, tf.Tensor>();
    for (
      const [name, into, kernel] of [["stem", 1, 3], ["stages.0.0.conv1", 2, 3], ["stages.1.0.conv1", 2, 3]] as const
    ) {
      parameters.set(`t.${name}.weight`, weight([2, into, kernel, kernel]));
    }
    for (const stage of [0, 1]) {
      parameters.set(`t.stages.${stage}.0.conv2.weight`, weight([2, 2, 3, 3]));
      parameters.set(`t.stages.${stage}.0.skip.weight`, weight([2, 2, 1, 1]));
    }
    const norms = [...parameters.keys()].map((name) => [name.replace(".weight", ".norm"), 2] as const);
    for (const [name] of norms) {
      for (const part of ["weight", "bias"]) parameters.set(`${name}.${part}`, tf.ones([2]));
    }
    const model = { parameters, statistics: runningStatistics(norms) };
    const x = tf.ones([3, 6, 13, 1]) as tf.Tensor4D;
    const { features, lengths } = convTower(x, model, "t", sizes, { lengths: [13, 8, 1] });
    assert.deepEqual(features.shape, [3, 1, 2, 2]);
    assert.deepEqual(lengths, [2, 1, 1]); // 13 -> 7 -> 4 -> 2; 8 -> 4 -> 2 -> 1
    assert.throws(() => convTower(x, model, "t", sizes, { lengths: [13, 14, 1] }), /in \[1, 13\]: current value is 14/);
    assert.throws(() => convTower(x, model, "t", sizes, { lengths: [13, 1] }), /2 lengths are given: expected 3/);
    tf.dispose([...model.statistics.values()]);
  });
});

Deno.test("speechclip-h: both features are those of one training", async () => {
  const reference = await readReference("speechclip-h");
  const words = referenceModel(SPEECHCLIP_H, reference, clip);
  const sound = { ...words, variant: "speechclip-h-parallel" as const };
  tf.tidy(() => {
    const [one, other] = [words, sound].map((model) =>
      referenceFeatures(SPEECHCLIP_H, model, referenceBatch(SPEECHCLIP_H, reference, clip))
    );
    assert.deepEqual(other!.speech.dataSync(), one!["parallel"]!.dataSync());
    assert.deepEqual(other!["cascaded"]!.dataSync(), one!.speech.dataSync());
    const losses = ([[words, one], [sound, other]] as const).map(([model, features]) =>
      SPEECHCLIP_H.system.loss(model, features!, {})
    );
    for (const term of ["loss", "parallel", "cascaded"]) {
      assert.deepEqual(losses[1]![term]!.dataSync(), losses[0]![term]!.dataSync(), term);
    }
  });
  disposeModel(words);
});

Deno.test("fast-vgs: scores of some recordings at a time are those of all at once, and so are their gradients", async () => {
  const reference = await readReference("fast-vgs");
  const model = referenceModel(FAST_VGS, reference, clip);
  const names = [...crossShapes(model.settings).keys()];
  const results = [undefined, 1e6].map((free) =>
    tf.tidy(() => {
      const features = {
        ...FAST_VGS.system.encodeImages(model, FAST_VGS.images(reference, clip)),
        ...FAST_VGS.system.encodeSpeech(model, FAST_VGS.speech(reference)),
      };
      const { imageTokens: image, speechTokens: speech, speechLengths: lengths } = features as Record<
        string,
        tf.Tensor
      >;
      const score = (speech: tf.Tensor, image: tf.Tensor, ...weights: tf.Tensor[]) =>
        matchAll(
          new Map(names.map((name, i) => [name, weights[i]!])),
          model.settings,
          { speech, image, lengths: lengths as tf.Tensor1D },
          undefined,
          free,
        );
      const inputs = [speech!, image!, ...names.map((name) => model.parameters.get(name)!)];
      const squares = (...inputs: tf.Tensor[]) => tf.sum(tf.square(score(...inputs as [tf.Tensor, tf.Tensor])));
      return [score(...inputs as [tf.Tensor, tf.Tensor]), ...tf.grads(squares)(inputs)];
    })
  );
  for (const [i, tensor] of results[0]!.entries()) {
    const [expected, actual] = [await tensor.data(), await results[1]![i]!.data()];
    expected.forEach((value, j) =>
      assert.ok(Math.abs(value - actual[j]!) < 1e-5 * (1 + Math.abs(value)), `${i}: ${value}`)
    );
  }
  tf.dispose(results);
  disposeModel(model);
});

Deno.test("fast-vgs: the best of the coarse search are put in the reference's order of the fine score", async () => {
  const reference = await readReference("fast-vgs");
  const model = referenceModel(FAST_VGS, reference, clip);
  const gallery = numbersOf(reference.golden.get("gallery")!);
  const { image, imageTokens, speech, speechTokens, speechLengths } = tf.tidy(() => {
    const features = referenceFeatures(FAST_VGS, model, referenceBatch(FAST_VGS, reference, clip));
    const pick = (x: tf.Tensor | undefined) => tf.gather(x!, tf.tensor1d(gallery, "int32"));
    return { ...features, image: pick(features.image), imageTokens: pick(features["imageTokens"]) };
  }) as Record<string, tf.Tensor>;
  const stage = FAST_VGS.system.rerank!(model)!;
  assert.equal(FAST_VGS.system.rerank!({ ...model, variant: "fast-vgs-co" }), undefined);
  const found = await rerank(model, stage, {
    images: await image!.data<"float32">(),
    speech: await speech!.data<"float32">(),
    width: model.settings.width,
    imageRows: await hostRows({ imageTokens: imageTokens! }),
    speechRows: await hostRows({ speechTokens: speechTokens!, speechLengths: speechLengths! }),
  });
  for (const way of ["speech2image", "image2speech"] as const) {
    assert.deepEqual(found[way].flat(), numbersOf(reference.golden.get(`rerank.${way}`)!), way);
  }
  tf.dispose([image!, imageTokens!, speech!, speechTokens!, speechLengths!]);
  disposeModel(model);
});

Deno.test("fast-vgs: dropout changes a training pass, repeats by its seed and leaves evaluation alone", async () => {
  const reference = await readReference("fast-vgs");
  const model = referenceModel(FAST_VGS, reference, clip);
  model.settings = { ...model.settings, dropout: 0.1 };
  const fine = async (dropoutSeed?: number): Promise<number[]> => {
    const scores = tf.tidy(() => {
      const features = {
        ...FAST_VGS.system.encodeImages(model, FAST_VGS.images(reference, clip), { dropoutSeed }),
        ...FAST_VGS.system.encodeSpeech(model, FAST_VGS.speech(reference), { dropoutSeed }),
      };
      return fastVgsScores(model, features, dropoutSeed).fine;
    });
    const values = Array.from(await scores.data());
    scores.dispose();
    return values;
  };
  assert.deepEqual(await fine(1), await fine(1));
  assert.notDeepEqual(await fine(1), await fine(2));
  assert.notDeepEqual(await fine(1), await fine());
  disposeModel(model);
});

Deno.test("the published sizes have the published numbers of trained values", () => {
  const count = (shapes: Iterable<number[]>) =>
    [...shapes].reduce((sum, shape) => sum + shape.reduce((a, b) => a * b, 1), 0);
  const inputs = { layers: 7, speechWidth: 512, patches: 256, imageWidth: 1024 }; // Whisper base, ViT-L/14
  assert.equal(Math.round(count(fastVgsShapes(FAST_VGS_SIZES.published, inputs).parameters.values()) / 1e5), 1163);
  const towers = resDaveNetShapes(RESDAVENET_SIZES.published).parameters;
  const speech = [...towers].filter(([name]) => name.startsWith("audio.")).map(([, shape]) => shape);
  assert.ok(Math.abs(count(speech) / 1e6 - 45) < 2, "about 45 million");
});
