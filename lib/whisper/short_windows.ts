/**
 * Lets an encoder's ONNX graph run on fewer positions than its window has, so that a short recording costs no window of silence.
 *
 * The silence after a recording is thinned: the encoder runs on all positions of the recording and of a second after it, then on
 * a few of the rest. Each of these stands for a group of alike neighbours, and a key that stands for n keys gets ln n added to
 * its logits, as softmax then gives it their weight together.
 */
import { Tensor } from "@xenova/transformers";
import { InputError } from "../errors.ts";
import { joinBytes } from "../files/read.ts";
import { field, fieldsOf } from "./onnx_message.ts";
import type { WhisperSettings } from "./settings.ts";
import { SAMPLES_PER_STATE } from "./windows.ts";

const MODEL = { graph: 7 }, GRAPH = { node: 1, initializer: 5, input: 11, output: 12, info: 13 };
const NODE = { input: 1, output: 2, type: 4 }, TENSOR = { name: 8, raw: 9 }, VALUE = { name: 1, type: 2 };
/** `TypeProto`: a float tensor of any shape. */
const FLOATS = Uint8Array.of(10, 2, 8, 1);
/** The input that is added to the attention's logits. */
const KEY_BIAS = "thinned_key_bias";

/** Positions of silence after a recording that are kept: 1 s. */
const TAIL = 50;
/** Groups of the silence after them, which grow with the distance. 128 of one size make the error of the states 1.7 times as large. */
const GROUPS = 256;
/** The runtime plans its memory for each size: sizes are multiples of this. */
const STEP = 32;

/**
 * The positions that the encoder runs on, in order: how many of the window's each stands for. The last 256 share the silence.
 *
 * @param frames of real audio
 * @param positions of the window: the sum of the result
 */
export function thinSilence(frames: number, positions: number): number[] {
  const count = STEP * Math.ceil((frames + TAIL + GROUPS) / STEP), kept = count - GROUPS;
  if (count >= positions) return Array.from({ length: positions }, () => 1);
  const edge = (group: number): number => Math.max(group, Math.round((positions - kept) * (group / GROUPS) ** 2));
  return Array.from({ length: count }, (_, i) => i < kept ? 1 : edge(i - kept + 1) - edge(i - kept));
}

/** Repeats the states of groups: `[count, width]` to `[positions, width]`. */
export function spread(states: Float32Array, sizes: readonly number[], width: number): Float32Array {
  const all = new Float32Array(width * sizes.reduce((sum, size) => sum + size, 0));
  let at = 0;
  sizes.forEach((size, i) => {
    for (const end = at + size * width; at < end; at += width) all.set(states.subarray(i * width, (i + 1) * width), at);
  });
  return all;
}

/** Makes the further inputs of an encoder that runs on the middle positions of groups of these sizes. */
export type Groups = (sizes: readonly number[]) => Record<string, unknown>;

/** A graph that takes its positions and the logarithms of their numbers as inputs. */
interface ShortWindows {
  bytes: Uint8Array<ArrayBuffer>;
  groups: Groups;
}

/**
 * Turns the position embeddings of an encoder, a constant of its graph, into an input, removes the fixed sizes, and adds a second
 * input to the logits of each attention.
 *
 * @param model the bytes of the ONNX file
 * @throws {InputError} if the graph has no such constant in single precision, or no softmax for each layer.
 */
export function withGroups(
  model: Uint8Array,
  { window, width, layers }: Pick<WhisperSettings, "window" | "width" | "layers">,
): ShortWindows {
  const size = 4 * width * window / SAMPLES_PER_STATE; // bytes
  const part = (message: Uint8Array, wanted: number): Uint8Array =>
    [...fieldsOf(message)].find(({ number }) => number === wanted)?.bytes ?? new Uint8Array(0);
  const graph = [...fieldsOf(model)].find(({ number }) => number === MODEL.graph);
  const fields = [...fieldsOf(graph?.bytes ?? new Uint8Array(0))];
  const found = fields.filter(({ number, bytes }) =>
    number === GRAPH.initializer && part(bytes, TENSOR.raw).length === size
  );
  const isSoftmax = (node: Uint8Array): boolean => new TextDecoder().decode(part(node, NODE.type)) === "Softmax";
  const attentions = fields.filter(({ number, bytes }) => number === GRAPH.node && isSoftmax(bytes)).length;
  if (graph === undefined || found.length !== 1 || attentions !== layers) {
    throw new InputError(
      `its encoder has ${found.length} constants of the size of its position embeddings where one is expected, and ` +
        `${attentions} nodes 'Softmax' where ${layers} are. Do without '--short-windows'`,
    );
  }
  const name = part(found[0]!.bytes, TENSOR.name), bias = new TextEncoder().encode(KEY_BIAS);
  const floats = (value: Uint8Array): Uint8Array => joinBytes([field(VALUE.name, value), field(VALUE.type, FLOATS)]);
  /** A softmax of `logits + bias`: two nodes. */
  const biased = (node: Uint8Array): Uint8Array[] => {
    const input = [...fieldsOf(node)].find(({ number }) => number === NODE.input)!;
    const sum = joinBytes([input.bytes, new TextEncoder().encode("_thinned")]), add = new TextEncoder().encode("Add");
    return [
      joinBytes([
        field(NODE.input, input.bytes),
        field(NODE.input, bias),
        field(NODE.output, sum),
        field(NODE.type, add),
      ]),
      joinBytes([node.subarray(0, input.start), field(NODE.input, sum), node.subarray(input.end)]),
    ];
  };
  const kept = fields.flatMap(({ number, bytes, start, end }) => {
    if (number === GRAPH.info || bytes === found[0]!.bytes) return [];
    if (number === GRAPH.node && isSoftmax(bytes)) return biased(bytes).map((node) => field(number, node));
    const sized = number === GRAPH.input || number === GRAPH.output;
    return sized ? field(number, floats(part(bytes, VALUE.name))) : graph.bytes.subarray(start, end);
  });
  const inputs = [name, bias].map((input) => field(GRAPH.input, floats(input)));
  const edited = field(MODEL.graph, joinBytes([...kept, ...inputs]));
  const values = new Float32Array(part(found[0]!.bytes, TENSOR.raw).slice().buffer); // [positions, width]
  return {
    bytes: joinBytes([model.subarray(0, graph.start), edited, model.subarray(graph.end)]),
    groups(sizes) {
      const positions = new Float32Array(sizes.length * width);
      let first = 0;
      sizes.forEach((size, i) => {
        const middle = first + Math.floor((size - 1) / 2);
        positions.set(values.subarray(middle * width, (middle + 1) * width), i * width);
        first += size;
      });
      return {
        [new TextDecoder().decode(name)]: new Tensor("float32", positions, [sizes.length, width]).ort_tensor,
        [KEY_BIAS]: new Tensor("float32", Float32Array.from(sizes, Math.log), [sizes.length]).ort_tensor,
      };
    },
  };
}
