/** The fast kernels against the plain definitions, and all gradients against finite differences. */
import * as tf from "@tensorflow/tfjs-core";
import assert from "node:assert/strict";
import { useBackend } from "../../lib/runtime/backend.ts";
import {
  adamUpdate,
  attention,
  batchNormalize,
  dropout,
  embedding,
  gelu,
  layerNorm,
  layerNormInputGradient,
  linear,
  linearInputGradient,
  quickGelu,
  sumOfSquares,
} from "../../lib/runtime/operations.ts";
import { ctcLoss } from "../../data/generator/ctc_loss.ts";
import { Random } from "../../lib/random.ts";
import { offsetOf } from "../../lib/runtime/wasm/heap.ts";

/** Standard normal values, the same on every backend. */
function normal(shape: number[], seed: number): tf.Tensor {
  const random = new Random(seed);
  return tf.tensor(Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal()), shape);
}

/** An operation of some tensors, whose inputs have the shapes given. */
interface Case {
  name: string;
  shapes: number[][];
  run: (inputs: tf.Tensor[]) => tf.Tensor;
}

const lengths = (): tf.Tensor1D => tf.tensor1d([7, 3], "int32");
const CASES: Case[] = [
  { name: "linear", shapes: [[3, 5, 9], [11, 9], [11]], run: ([x, w, b]) => linear(x!, w!, b!) },
  { name: "linear without bias", shapes: [[6, 9], [10, 9]], run: ([x, w]) => linear(x!, w!) },
  {
    name: "linear onto a residual",
    shapes: [[3, 5, 9], [11, 9], [11], [3, 5, 11]],
    run: ([x, w, b, onto]) => linear(x!, w!, b!, onto!),
  },
  {
    name: "linear without bias onto a residual",
    shapes: [[6, 9], [10, 9], [6, 10]],
    run: ([x, w, onto]) => linear(x!, w!, undefined, onto!),
  },
  { name: "layerNorm", shapes: [[3, 5, 10], [10], [10]], run: ([x, w, b]) => layerNorm(x!, w!, b!) },
  { name: "batchNormalize", shapes: [[3, 5, 4], [4], [4]], run: ([x, w, b]) => batchNormalize(x!, w!, b!).y },
  {
    name: "batchNormalize with a mask",
    shapes: [[3, 2, 5, 4], [4], [4]],
    run: ([x, w, b]) =>
      batchNormalize(x!, w!, b!, tf.tensor4d([1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 0, 0], [3, 1, 5, 1])).y,
  },
  { name: "gelu", shapes: [[3, 7]], run: ([x]) => gelu(x!) },
  { name: "quickGelu", shapes: [[3, 7]], run: ([x]) => quickGelu(x!) },
  {
    name: "attention",
    shapes: [[2, 4, 12], [2, 7, 12], [2, 7, 12]],
    run: ([q, k, v]) => attention(q!, k!, v!, { heads: 3 }),
  },
  {
    name: "attention with lengths",
    shapes: [[2, 1, 12], [2, 7, 12], [2, 7, 12]],
    run: ([q, k, v]) => attention(q!, k!, v!, { heads: 2, keyLengths: lengths() }),
  },
  {
    name: "causal attention with lengths",
    shapes: [[2, 7, 12], [2, 7, 12], [2, 7, 12]],
    run: ([q, k, v]) => attention(q!, k!, v!, { heads: 4, causal: true, keyLengths: lengths() }),
  },
  {
    name: "embedding",
    shapes: [[9, 6]],
    run: ([table]) => embedding(table!, tf.tensor2d([[1, 8, 1], [0, 1, 5]], [2, 3], "int32")),
  },
  {
    name: "embedding in a table of one row",
    shapes: [[1, 6]],
    run: ([table]) => embedding(table!, tf.tensor2d([[0, 0, 0], [0, 0, 0]], [2, 3], "int32")),
  },
  { name: "sumOfSquares", shapes: [[5, 7]], run: ([x]) => sumOfSquares(x!) },
  { name: "sumOfSquares of many", shapes: [[3, 1031]], run: ([x]) => tf.sqrt(sumOfSquares(x!)) },
  {
    name: "matMul in batches",
    shapes: [[2, 3, 5, 4], [2, 3, 4, 6]],
    run: ([a, b]) => tf.matMul(a!, b!),
  },
  {
    name: "slice in the middle",
    shapes: [[4, 5, 6]],
    run: ([x]) => tf.slice(x!, [1, 2, 3], [2, 3, 2]),
  },
  { name: "slice of rows", shapes: [[4, 5, 6]], run: ([x]) => tf.slice(x!, [1, 2, 0], [2, -1, 6]) },
  { name: "split", shapes: [[3, 6, 2]], run: ([x]) => tf.mul(...tf.split(x!, 2, 1) as [tf.Tensor, tf.Tensor]) },
  { name: "split by sizes", shapes: [[3, 6]], run: ([x]) => tf.split(x!, [1, 3, 2], -1)[1]! },
  { name: "concat", shapes: [[3, 6], [3, 2]], run: ([x, y]) => tf.concat([x!, y!], 1) },
  {
    name: "conv2d of stride 2",
    shapes: [[2, 5, 7, 3], [3, 3, 3, 4]],
    run: ([x, w]) =>
      tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 2, [[0, 0], [1, 1], [1, 1], [0, 0]], "NHWC", 1, "floor"),
  },
  {
    name: "conv2d along time",
    shapes: [[2, 1, 1100, 8], [1, 9, 8, 2]],
    run: ([x, w]) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, [[0, 0], [0, 0], [4, 4], [0, 0]]),
  },
  {
    name: "ctcLoss",
    shapes: [[2, 6, 4]],
    run: ([x]) =>
      ctcLoss(
        x as tf.Tensor3D,
        tf.tensor1d([6, 4], "int32"),
        tf.tensor2d([[1, 1, 3], [2, 3, 0]], [2, 3], "int32"),
        tf.tensor1d([3, 2], "int32"),
      ),
  },
];

/** The operation's outputs weighed by fixed numbers and summed, so that every output has its own gradient. */
function weighed({ run }: Case): (...inputs: tf.Tensor[]) => tf.Scalar {
  return (...inputs) => {
    const y = run(inputs);
    return tf.sum(tf.mul(y, normal(y.shape, 99)));
  };
}

const inputsOf = ({ shapes }: Case): tf.Tensor[] => shapes.map((shape, i) => normal(shape, i + 1));

/** Values and gradients of a case on the backend in use. */
async function evaluate(operation: Case): Promise<Float32Array[]> {
  const tensors = tf.tidy(() => {
    const inputs = inputsOf(operation);
    return [operation.run(inputs), ...tf.grads(weighed(operation))(inputs)];
  });
  const values = await Promise.all(tensors.map((t) => t.data<"float32">()));
  tf.dispose(tensors);
  return values;
}

function assertClose(actual: Float32Array, expected: Float32Array, tolerance: number, what: string): void {
  assert.equal(actual.length, expected.length, what);
  const scale = Math.max(1, ...expected.map(Math.abs));
  for (const [i, value] of actual.entries()) {
    const difference = Math.abs(value - (expected[i] as number));
    assert.ok(difference <= tolerance * scale, `${what}[${i}]: ${value} instead of ${expected[i]}`);
  }
}

for (const operation of CASES) {
  Deno.test(`${operation.name}: the gradient is that of finite differences`, async () => {
    await useBackend("cpu");
    const [, ...gradients] = await evaluate(operation);
    const value = (inputs: tf.Tensor[]): number => tf.tidy(() => weighed(operation)(...inputs).dataSync()[0] as number);
    const inputs = inputsOf(operation);
    const step = 1e-2;
    for (const [n, input] of inputs.entries()) {
      const data = await input.data<"float32">();
      for (let i = 0; i < data.length; i += Math.max(1, Math.floor(data.length / 7))) {
        const [up, down] = [step, -step].map((change) => {
          const moved = tf.tensor(data.map((x, j) => i === j ? x + change : x), input.shape);
          const result = value(inputs.with(n, moved));
          moved.dispose();
          return result;
        }) as [number, number];
        const [expected, actual] = [(up - down) / (2 * step), gradients[n]![i] as number];
        assert.ok(
          Math.abs(actual - expected) < 5e-3 * Math.max(1, Math.abs(expected)),
          `${n}[${i}]: ${actual}, ${expected}`,
        );
      }
    }
    tf.dispose(inputs);
  });

  for (const blas of [true, false]) {
    Deno.test(`${operation.name}: wasm ${blas ? "with" : "without"} BLAS gives the plain definition's numbers`, async () => {
      await useBackend("cpu");
      const expected = await evaluate(operation);
      await useBackend("wasm", { blas });
      const before = tf.memory().numTensors;
      const actual = await evaluate(operation);
      assert.equal(tf.memory().numTensors, before, "tensors leaked");
      for (const [i, values] of actual.entries()) assertClose(values, expected[i]!, 2e-6, `output ${i}`);
    });
  }
}

for (const blas of [true, false]) {
  Deno.test(`gradients that are summed on the way are the plain sums, wasm ${blas ? "with" : "without"} BLAS`, async () => {
    const made = async (): Promise<Float32Array[]> => {
      const tensors = tf.tidy(() => {
        const [dy0, dy1, onto] = [normal([2, 3, 5], 1), normal([2, 3, 7], 2), normal([2, 3, 9], 5)] as const;
        const [w0, w1, x] = [normal([5, 9], 3), normal([7, 9], 4), normal([2, 3, 9], 6)] as const;
        const layers = [linearInputGradient([[dy0, w0]]), linearInputGradient([[dy0, w0], [dy1, w1]])];
        const norm = { x, weight: tf.slice(w0, [0, 0], [1, 9]).reshape([9]), dy: onto };
        const norms = [layerNormInputGradient(norm, 1e-5), layerNormInputGradient({ ...norm, onto: layers[1]! }, 1e-5)];
        const sums = [tf.add(layers[0]!, linearInputGradient([[dy1, w1]])), tf.add(layers[1]!, norms[0]!)];
        return [layers[1]!, sums[0]!, norms[1]!, sums[1]!];
      });
      const values = await Promise.all(tensors.map((tensor) => tensor.data<"float32">()));
      tf.dispose(tensors);
      return values;
    };
    await useBackend("cpu");
    const expected = await made();
    await useBackend("wasm", { blas });
    const before = tf.memory().numTensors;
    const actual = await made();
    assert.equal(tf.memory().numTensors, before, "tensors leaked");
    for (const [i, values] of actual.entries()) assertClose(values, expected[i]!, 2e-6, `output ${i}`);
    assertClose(actual[0]!, actual[1]!, 2e-6, "two layers");
    assertClose(actual[2]!, actual[3]!, 2e-6, "a norm onto a residual");
  });
}

Deno.test("a step of Adam on wasm is that of the plain definition, to the last bit", async () => {
  const step = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 1e-2, rate: 1e-2, correction: 3.2 };
  const update = async (): Promise<Float32Array[]> => {
    const outs = tf.tidy(() => {
      const [x, dy, first] = [normal([3, 7], 1), normal([3, 7], 2), normal([3, 7], 3)] as [
        tf.Tensor,
        tf.Tensor,
        tf.Tensor,
      ];
      return adamUpdate(x, dy, { first, second: tf.square(first) }, step);
    });
    const values = await Promise.all([outs.x, outs.first, outs.second].map((tensor) => tensor.data<"float32">()));
    tf.dispose(Object.values(outs));
    return values;
  };
  await useBackend("cpu");
  const expected = await update();
  await useBackend("wasm");
  const before = tf.memory().numTensors;
  assert.deepEqual(await update(), expected);
  assert.equal(tf.memory().numTensors, before, "tensors leaked");
});

Deno.test("matrix products of all kinds and sizes, past the edges of the kernel's blocks, equal a naive product", async () => {
  const random = new Random(3);
  for (const blas of [true, false]) {
    await useBackend("wasm", { blas });
    for (const [m, k, n] of [[1, 1, 1], [5, 3, 9], [97, 257, 17], [13, 600, 1030], [4, 8, 8]] as const) {
      for (const [ta, tb] of [[false, false], [true, false], [false, true], [true, true]] as const) {
        const [a, b] = [normal(ta ? [k, m] : [m, k], 1), normal(tb ? [n, k] : [k, n], 2)];
        const product = tf.matMul(a, b, ta, tb);
        const [x, y, z] = await Promise.all([a, b, product].map((t) => t.data()));
        for (let trial = 0; trial < 50; trial++) {
          const [i, j] = [random.integer(m), random.integer(n)];
          let sum = 0;
          for (let p = 0; p < k; p++) sum += x![ta ? p * m + i : i * k + p]! * y![tb ? j * k + p : p * n + j]!;
          assert.ok(Math.abs(z![i * n + j]! - sum) < 1e-4 * Math.sqrt(k), `${m}x${k}x${n} ${ta} ${tb} at ${i}, ${j}`);
        }
        tf.dispose([a, b, product]);
      }
    }
  }
});

Deno.test("batches of a product are broadcast", async () => {
  for (const [a, b] of [[[2, 3, 5, 4], [3, 4, 6]], [[2, 1, 5, 4], [2, 3, 4, 6]], [[5, 4], [2, 3, 4, 6]]] as const) {
    const [x, y] = [() => normal([...a], 1), () => normal([...b], 2)];
    await useBackend("cpu");
    const expected = tf.tidy(() =>
      tf.matMul(tf.broadcastTo(x(), [2, 3, 5, 4] as never), tf.broadcastTo(y(), [2, 3, 4, 6] as never))
    ).data<"float32">();
    const values = await expected;
    await useBackend("wasm");
    assertClose(await tf.tidy(() => tf.matMul(x(), y())).data<"float32">(), values, 1e-6, `${a} x ${b}`);
  }
});

Deno.test("a product of sizes that do not match is refused, not computed from adjacent memory", async () => {
  await useBackend("wasm");
  const [a, b] = [tf.zeros([2, 3]), tf.zeros([4, 2])];
  assert.throws(() => tf.matMul(a, b), /the inner sizes must be equal: 3, 4/);
  assert.throws(() => tf.matMul(a, b, true, false), /the inner sizes must be equal: 2, 4/);
  tf.dispose([a, b]);
});

Deno.test("frozen weights get no gradient and cost none", async () => {
  await useBackend("cpu");
  const kernels = await tf.profile(() =>
    tf.tidy(() => {
      const [x, weight] = [normal([4, 3], 1), normal([5, 3], 2)];
      return tf.grad((x: tf.Tensor) => tf.sum(linear(x, weight)))(x);
    })
  );
  tf.dispose(kernels.result as tf.Tensor);
  const products = kernels.kernels.filter(({ name }) => name === "BatchMatMul");
  assert.equal(products.length, 2, "the forward product and the gradient at x, none at the weight");
});

Deno.test("ctcLoss equals the sum over all alignments, one by one", async () => {
  await useBackend("cpu");
  const [frames, vocabulary, labels] = [5, 3, [1, 2]];
  const logits = normal([1, frames, vocabulary], 4);
  const p = await tf.softmax(logits).data();
  let total = 0;
  for (let path = 0; path < vocabulary ** frames; path++) {
    const symbols = Array.from({ length: frames }, (_, t) => Math.floor(path / vocabulary ** t) % vocabulary);
    const collapsed = symbols.filter((s, t) => s !== 0 && s !== symbols[t - 1]);
    if (collapsed.join() !== labels.join()) continue;
    total += symbols.reduce((product, s, t) => product * p[t * vocabulary + s]!, 1);
  }
  const ints = (values: number[]): tf.Tensor1D => tf.tensor1d(values, "int32");
  const loss = ctcLoss(logits as tf.Tensor3D, ints([frames]), tf.tensor2d([labels], [1, 2], "int32"), ints([2]));
  assert.ok(Math.abs((await loss.data())[0]! + Math.log(total)) < 1e-5);
});

Deno.test("dropout keeps the expected share, scales it, and repeats by its seed", async () => {
  await useBackend("cpu");
  const ones = tf.ones([100, 100]);
  const [first, again, other] = await Promise.all([7, 7, 8].map((seed) => dropout(ones, 0.25, seed).data()));
  assert.deepEqual(first, again);
  assert.notDeepEqual(first, other);
  const kept = first!.filter((x) => x !== 0);
  assert.ok(kept.every((x) => Math.abs(x - 1 / 0.75) < 1e-6));
  assert.ok(Math.abs(kept.length / 10_000 - 0.75) < 0.02);
  assert.equal(dropout(ones, 0, 1), ones);
  assert.throws(() => dropout(ones, 1, 1), /'rate' must be in \[0, 1\): current value is 1/);
});

Deno.test("attention refuses heads that do not divide the width, and causal queries of another number", () => {
  const [q, k] = [tf.zeros([1, 2, 6]), tf.zeros([1, 3, 6])];
  assert.throws(() => attention(q, k, k, { heads: 4 }), /'heads' must divide the width 6: current value is 4/);
  assert.throws(() => attention(q, k, k, { heads: 2, causal: true }), /there are 2 queries and 3 keys/);
});

Deno.test("a tensor that is kept twice on wasm is stored once, until both are freed", async () => {
  await useBackend("wasm");
  const x = normal([3, 4], 1);
  const values = await x.data<"float32">();
  const twin = tf.clone(x);
  assert.equal(offsetOf(twin), offsetOf(x));
  const buffers = tf.memory().numDataBuffers;
  x.dispose();
  assert.equal(tf.memory().numDataBuffers, buffers);
  assert.deepEqual(await twin.data(), values);
  const variable = tf.variable(twin);
  tf.tidy(() => variable.assign(tf.mul(variable, 2)));
  assert.deepEqual(await twin.data(), values, "a variable's new value must not reach the tensor that it began as");
  tf.dispose([twin, variable]);
  assert.equal(tf.memory().numDataBuffers, buffers - 1);
});
