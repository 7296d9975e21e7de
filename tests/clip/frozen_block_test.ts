import * as tf from "@tensorflow/tfjs-core";
import assert from "node:assert/strict";
import { transformerBlock } from "../../lib/clip/block.ts";
import type { TowerConfig } from "../../lib/clip/config.ts";
import { Random } from "../../lib/random.ts";
import { useBackend } from "../../lib/runtime/backend.ts";

const [BATCH, PLACES, WIDTH, FEEDFORWARD] = [3, 5, 12, 20];
const tower: TowerConfig = {
  width: WIDTH,
  feedforward: FEEDFORWARD,
  layers: 1,
  heads: 3,
  activation: "quick_gelu",
  epsilon: 1e-5,
};

const random = new Random(8);
const normal = (shape: number[], mean = 0): tf.Tensor =>
  tf.tensor(Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => mean + random.normal()), shape);

/** Weights of a block as constants, and the very same ones as variables. */
function weightsOf(): { constants: Map<string, tf.Tensor>; variables: Map<string, tf.Tensor> } {
  const linear = (name: string, out: number, into: number): [string, tf.Tensor][] => [
    [`b.${name}.weight`, normal([out, into])],
    [`b.${name}.bias`, normal([out])],
  ];
  const norm = (name: string): [string, tf.Tensor][] => [
    [`b.${name}.weight`, normal([WIDTH], 1)],
    [`b.${name}.bias`, normal([WIDTH])],
  ];
  const constants = new Map([
    ...norm("layer_norm1"),
    ...["q", "k", "v", "out"].flatMap((part) => linear(`self_attn.${part}_proj`, WIDTH, WIDTH)),
    ...norm("layer_norm2"),
    ...linear("mlp.fc1", FEEDFORWARD, WIDTH),
    ...linear("mlp.fc2", WIDTH, FEEDFORWARD),
  ]);
  const variables = new Map([...constants].map(([name, weight]) => [name, tf.variable(weight)]));
  return { constants, variables };
}

for (const backend of ["cpu", "wasm"] as const) {
  for (const activation of ["gelu", "quick_gelu"] as const) {
    for (const causal of [false, true]) {
      Deno.test(`${backend}, ${activation}, causal ${causal}: a frozen block equals the trained one, without gradients for the weights`, async () => {
        await useBackend(backend);
        const { constants, variables } = weightsOf();
        const config = { ...tower, activation };
        const [x, by] = [normal([BATCH, PLACES, WIDTH]), normal([BATCH, PLACES, WIDTH])];
        const before = tf.memory().numTensors;
        const run = async (weights: Map<string, tf.Tensor>, recompute: boolean) => {
          const { value, grad } = tf.valueAndGrad((x: tf.Tensor) =>
            tf.sum(tf.mul(by, transformerBlock(x, weights, "b", config, { causal, recompute })))
          )(x);
          const values = await Promise.all([value.data(), grad.data()]);
          tf.dispose([value, grad]);
          return values;
        };
        const [value, gradient] = await run(variables, false);
        for (const recompute of [false, true]) {
          const [ownValue, ownGradient] = await run(constants, recompute);
          assert.ok(Math.abs(ownValue[0]! - value[0]!) < 1e-5 * Math.abs(value[0]!));
          const largest = Math.max(...gradient.map(Math.abs));
          ownGradient.forEach((slope, i) => assert.ok(Math.abs(slope - gradient[i]!) < 2e-6 * largest));
        }
        assert.equal(tf.memory().numTensors, before, "leaked tensors");
        tf.dispose([x, by, ...constants.values(), ...variables.values()]);
      });
    }
  }
}

Deno.test("a frozen block saves for its gradient the parts it needs, or only its input", async () => {
  await useBackend("cpu");
  const { constants, variables } = weightsOf();
  const x = normal([BATCH, PLACES, WIDTH]);
  const floats = BATCH * PLACES;
  /** Floats that are kept between the forward and the backward pass, beside the output. */
  const kept = (weights: Map<string, tf.Tensor>, recompute: boolean): number => {
    let bytes = 0;
    const before = tf.memory().numBytes;
    const { value, grads } = tf.engine().gradients(
      () => {
        const y = transformerBlock(x, weights, "b", tower, { recompute });
        bytes = tf.memory().numBytes - before;
        return tf.sum(y) as tf.Tensor;
      },
      [x],
      undefined,
      true,
    );
    tf.dispose([value, ...grads]);
    return bytes / 4 - floats * WIDTH;
  };
  assert.equal(kept(constants, true), floats * WIDTH);
  assert.equal(kept(constants, false), floats * (5 * WIDTH + FEEDFORWARD));
  assert.ok(kept(variables, false) > floats * (10 * WIDTH + 2 * FEEDFORWARD));
  tf.dispose([x, ...constants.values(), ...variables.values()]);
});
