/**
 * Lets an encoder's ONNX graph run on less than the whole window, so that a short recording costs no window of silence.
 */
import { Tensor } from "@xenova/transformers";
import { InputError } from "../errors.ts";
import type { WhisperSettings } from "./settings.ts";
import { SAMPLES_PER_STATE } from "./windows.ts";
import { joinBytes } from "../files/read.ts";
import { field, fieldsOf } from "./onnx_message.ts";

const MODEL = { graph: 7 }, GRAPH = { initializer: 5, input: 11, output: 12, info: 13 };
const TENSOR = { name: 8, raw: 9 }, VALUE = { name: 1, type: 2 };
/** `TypeProto`: a float tensor of any shape. */
const FLOATS = Uint8Array.of(10, 2, 8, 1);

/** Silence after a recording: 6 s. After 2 s of it, texts may not end. */
const TAIL = 96000;
/** Windows are multiples of this, so that recordings of similar length are decoded together: 2.56 s. */
const STEP = 40960;

/** The window of a recording, in samples: with some silence at its end, at most the whole window. */
export function shortWindow(samples: number, window: number): number {
  return Math.min(window, STEP * Math.ceil((samples + TAIL) / STEP));
}

/** Makes the input with the embeddings of the first positions. */
export type Positions = (count: number) => Record<string, unknown>;

/** A graph that takes its positions as an input. */
interface ShortWindows {
  bytes: Uint8Array<ArrayBuffer>;
  positions: Positions;
}

/**
 * Turns the position embeddings of an encoder, a constant of its graph, into an input, and removes the fixed sizes.
 *
 * @param model the bytes of the ONNX file
 * @throws {InputError} if the graph has no such constant in single precision.
 */
export function withPositionsInput(
  model: Uint8Array,
  { window, width }: Pick<WhisperSettings, "window" | "width">,
): ShortWindows {
  const size = 4 * width * window / SAMPLES_PER_STATE; // bytes
  const text = (message: Uint8Array, wanted: number): Uint8Array =>
    [...fieldsOf(message)].find(({ number }) => number === wanted)?.bytes ?? new Uint8Array(0);
  const graph = [...fieldsOf(model)].find(({ number }) => number === MODEL.graph);
  const fields = [...fieldsOf(graph?.bytes ?? new Uint8Array(0))];
  const found = fields.filter(({ number, bytes }) =>
    number === GRAPH.initializer && text(bytes, TENSOR.raw).length === size
  );
  if (graph === undefined || found.length !== 1) {
    throw new InputError(
      `its encoder has ${found.length} constants of the size of its position embeddings where one is expected. ` +
        "Do without '--short-windows'",
    );
  }
  const name = text(found[0]!.bytes, TENSOR.name);
  const floats = (value: Uint8Array): Uint8Array => joinBytes([field(VALUE.name, value), field(VALUE.type, FLOATS)]);
  const kept = fields.flatMap(({ number, bytes, start, end }) => {
    if (number === GRAPH.info || bytes === found[0]!.bytes) return [];
    const sized = number === GRAPH.input || number === GRAPH.output;
    return sized ? field(number, floats(text(bytes, VALUE.name))) : graph.bytes.subarray(start, end);
  });
  const edited = field(MODEL.graph, joinBytes([...kept, field(GRAPH.input, floats(name))]));
  const values = new Float32Array(text(found[0]!.bytes, TENSOR.raw).slice().buffer);
  const input = new TextDecoder().decode(name);
  return {
    bytes: joinBytes([model.subarray(0, graph.start), edited, model.subarray(graph.end)]),
    positions: (count) => ({
      [input]: new Tensor("float32", values.slice(0, count * width), [count, width]).ort_tensor,
    }),
  };
}
