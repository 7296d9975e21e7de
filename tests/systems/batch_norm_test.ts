import * as tf from "@tensorflow/tfjs-core";
import assert from "node:assert/strict";
import { Random } from "../../lib/random.ts";
import { useBackend } from "../../lib/runtime/backend.ts";
import { batchNorm } from "../../lib/systems/batch_norm.ts";

await useBackend("cpu");

/** A norm of two channels that is not at its start. */
function norm(): { parameters: Map<string, tf.Tensor>; statistics: Map<string, tf.Variable> } {
  const pair = (name: string, values: number[]): [string, tf.Variable] => [name, tf.variable(tf.tensor1d(values))];
  return {
    parameters: new Map([pair("n.weight", [2, -1]), pair("n.bias", [0.5, 3])]),
    statistics: new Map([pair("n.mean", [1, 2]), pair("n.variance", [4, 9])]),
  };
}

const near = (actual: ArrayLike<number>, expected: readonly number[]) => {
  assert.equal(actual.length, expected.length);
  expected.forEach((value, i) => assert.ok(Math.abs(value - actual[i]!) < 1e-5, `${i}: ${actual[i]}, not ${value}`));
};

Deno.test("in training the batch is normalized by its valid places alone, and running values move by a tenth", () => {
  const random = new Random(3);
  const values = Array.from({ length: 2 * 3 * 2 }, () => random.normal());
  const mask = [1, 1, 1, 1, 0, 0]; // the second row has one valid place
  const { parameters, statistics } = norm();
  const before = tf.memory().numTensors;
  const y = tf.tidy(() =>
    batchNorm(tf.tensor3d(values, [2, 3, 2]), { parameters, statistics }, "n", {
      training: true,
      mask: tf.tensor3d(mask, [2, 3, 1]),
    })
  );
  assert.equal(tf.memory().numTensors, before + 1, "leaked tensors");
  const expected: number[] = Array(12).fill(0);
  const means: number[] = [], variances: number[] = [];
  for (const c of [0, 1]) {
    const valid = [0, 1, 2, 3].map((place) => values[2 * place + c]!);
    const mean = valid.reduce((sum, value) => sum + value) / 4;
    const squares = valid.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    valid.forEach((value, place) => {
      expected[2 * place + c] = [2, -1][c]! * (value - mean) / Math.sqrt(squares / 4 + 1e-5) + [0.5, 3][c]!;
    });
    means.push(0.9 * [1, 2][c]! + 0.1 * mean);
    variances.push(0.9 * [4, 9][c]! + 0.1 * squares / 3);
  }
  near(y.dataSync(), expected);
  near(statistics.get("n.mean")!.dataSync(), means);
  near(statistics.get("n.variance")!.dataSync(), variances);
  tf.dispose([y, ...parameters.values(), ...statistics.values()]);
});

Deno.test("in evaluation running values normalize, and stay; padding stays zero", () => {
  const { parameters, statistics } = norm();
  const x = tf.tensor2d([[5, 8], [7, 7]]);
  const y = tf.tidy(() => batchNorm(x, { parameters, statistics }, "n", { mask: tf.tensor2d([[1], [0]]) }));
  near(y.dataSync(), [2 * 4 / 2 + 0.5, -6 / 3 + 3, 0, 0]);
  near(statistics.get("n.mean")!.dataSync(), [1, 2]);
  tf.dispose([x, y, ...parameters.values(), ...statistics.values()]);
});
