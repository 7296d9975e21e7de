/** Plain definitions in double precision, element by element, of what the library computes fast. Used by tests only. */

/** Rows of numbers. */
export type Matrix = number[][];
/** Weights by name, row-major. */
export type Weights = Map<string, { shape: number[]; data: ArrayLike<number> }>;

/** `[N, I] x [O, I]^T + [O] -> [N, O]` */
export function linear(x: Matrix, weights: Weights, prefix: string): Matrix {
  const { shape, data } = weights.get(`${prefix}.weight`)!;
  const inner = shape.slice(1).reduce((a, b) => a * b, 1);
  const bias = weights.get(`${prefix}.bias`)?.data;
  return x.map((row) =>
    Array.from({ length: shape[0]! }, (_, o) => {
      let sum = bias?.[o] ?? 0;
      for (let i = 0; i < inner; i++) sum += row[i]! * data[o * inner + i]!;
      return sum;
    })
  );
}

/** Layer normalisation of each row. */
export function norm(x: Matrix, weights: Weights, prefix: string, epsilon = 1e-5): Matrix {
  const [weight, bias] = ["weight", "bias"].map((part) => weights.get(`${prefix}.${part}`)!.data);
  return x.map((row) => {
    const mean = row.reduce((a, b) => a + b, 0) / row.length;
    const variance = row.reduce((a, b) => a + (b - mean) ** 2, 0) / row.length;
    return row.map((value, i) => (value - mean) / Math.sqrt(variance + epsilon) * weight![i]! + bias![i]!);
  });
}

/** Multi-head attention; `sees(t, s)` tells whether query t may look at key s. */
export function attend(
  q: Matrix,
  k: Matrix,
  v: Matrix,
  heads: number,
  sees: (t: number, s: number) => boolean,
): Matrix {
  const part = q[0]!.length / heads;
  return q.map((query, t) => {
    const result = new Array<number>(query.length).fill(0);
    for (let h = 0; h < heads; h++) {
      const shares = k.map((key, s) => {
        let sum = 0;
        for (let i = h * part; i < (h + 1) * part; i++) sum += query[i]! * key[i]!;
        return sees(t, s) ? Math.exp(sum / Math.sqrt(part)) : 0;
      });
      const total = shares.reduce((a, b) => a + b, 0);
      for (let i = h * part; i < (h + 1) * part; i++) v.forEach((row, s) => result[i]! += shares[s]! / total * row[i]!);
    }
    return result;
  });
}

/** Element by element sum. */
export function add(a: Matrix, b: Matrix): Matrix {
  return a.map((row, t) => row.map((value, i) => value + b[t]![i]!));
}

/** Error function by its series (small x) or its continued fraction. */
function erf(x: number): number {
  if (x < 0) return -erf(-x);
  if (x > 3) {
    let fraction = 0;
    for (let k = 60; k > 0; k--) fraction = k / 2 / (x + fraction);
    return 1 - Math.exp(-x * x) / (x + fraction) / Math.sqrt(Math.PI);
  }
  let [term, sum] = [x, x];
  for (let n = 1; n < 100; n++) sum += (term *= -x * x / n) / (2 * n + 1);
  return 2 / Math.sqrt(Math.PI) * sum;
}

/** The activations. */
export const ACTIVATIONS = {
  gelu: (x: number): number => x * 0.5 * (1 + erf(x / Math.SQRT2)),
  quick_gelu: (x: number): number => x / (1 + Math.exp(-1.702 * x)),
};

interface Tower {
  layers: number;
  heads: number;
  activation: "gelu" | "quick_gelu";
  epsilon: number;
}

function blocks(x: Matrix, weights: Weights, prefix: string, tower: Tower, causal: boolean): Matrix {
  for (let i = 0; i < tower.layers; i++) {
    const at = `${prefix}.${i}`;
    const h = norm(x, weights, `${at}.layer_norm1`, tower.epsilon);
    const [q, k, v] = ["q", "k", "v"].map((name) => linear(h, weights, `${at}.self_attn.${name}_proj`));
    const seen = attend(q!, k!, v!, tower.heads, (t, s) => !causal || s <= t);
    x = add(x, linear(seen, weights, `${at}.self_attn.out_proj`));
    const inner = linear(norm(x, weights, `${at}.layer_norm2`, tower.epsilon), weights, `${at}.mlp.fc1`);
    x = add(x, linear(inner.map((row) => row.map(ACTIVATIONS[tower.activation])), weights, `${at}.mlp.fc2`));
  }
  return x;
}

function rowsOf(weights: Weights, name: string): Matrix {
  const { shape, data } = weights.get(name)!;
  const width = shape.at(-1)!;
  return Array.from({ length: data.length / width }, (_, i) => Array.from(data).slice(i * width, (i + 1) * width));
}

/** The text tower with all positions of one text. */
export function naiveText(
  weights: Weights,
  text: Tower & { eos: number },
  ids: number[],
  prompts: Matrix = [],
): number[] {
  const m = prompts.length;
  const moved = [ids[0]!, ...prompts.map(() => ids[1]!), ...ids.slice(1)].slice(0, ids.length);
  if (m > 0 && !moved.slice(1 + m).includes(text.eos)) moved[moved.length - 1] = text.eos;
  const end = m > 0 ? 1 + m + moved.slice(1 + m).indexOf(text.eos) : moved.indexOf(text.eos);
  const table = rowsOf(weights, "text_model.embeddings.token_embedding.weight");
  const tokens = moved.map((id, t) => (t >= 1 && t <= m ? prompts[t - 1]! : table[id]!));
  const x = add(tokens, rowsOf(weights, "text_model.embeddings.position_embedding.weight"));
  const out = blocks(x, weights, "text_model.encoder.layers", text, true);
  return linear(
    norm([out[end]!], weights, "text_model.final_layer_norm", text.epsilon),
    weights,
    "text_projection",
  )[0]!;
}

/** The vision tower for one picture `[3 * S * S]`. */
export function naiveImage(
  weights: Weights,
  vision: Tower & { imageSize: number; patchSize: number; channels: number },
  pixels: ArrayLike<number>,
  prompts: Matrix = [],
): number[] {
  const { imageSize: size, patchSize: patch, channels } = vision;
  const grid = Math.floor(size / patch);
  const patches: Matrix = [];
  for (let gy = 0; gy < grid; gy++) {
    for (let gx = 0; gx < grid; gx++) {
      const values: number[] = [];
      for (let c = 0; c < channels; c++) {
        for (let y = 0; y < patch; y++) {
          for (let x = 0; x < patch; x++) values.push(pixels[(c * size + gy * patch + y) * size + gx * patch + x]!);
        }
      }
      patches.push(values);
    }
  }
  const embedded = linear(patches, weights, "vision_model.embeddings.patch_embedding");
  const first = Array.from(weights.get("vision_model.embeddings.class_embedding")!.data);
  const placed = add([first, ...embedded], rowsOf(weights, "vision_model.embeddings.position_embedding.weight"));
  const x = norm([...placed, ...prompts], weights, "vision_model.pre_layrnorm", vision.epsilon);
  const out = blocks(x, weights, "vision_model.encoder.layers", vision, false);
  return linear(
    norm([out[0]!], weights, "vision_model.post_layernorm", vision.epsilon),
    weights,
    "visual_projection",
  )[0]!;
}
