/** The worker that holds the model of a server, so that the server answers while the model computes. */
import "../whisper/no_location.ts";
import { ascii, formatOf } from "../audio/format.ts";
import { decodeAudio } from "../audio/read_audio.ts";
import { isHeic } from "../image/image_format.ts";
import { embedQuery } from "../retrieval/index/open_index.ts";
import { loadBrewClip, type RetrievalModel } from "../retrieval/load_brewclip.ts";
import type { ModelNames } from "../retrieval/source.ts";
import { answerCalls } from "../worker_calls.ts";

/** A recording or an image that a page sent. */
export interface SentFile {
  /** For error messages. */
  name: string;
  /** The MIME type according to the browser; empty if it does not know. */
  type: string;
  bytes: Uint8Array;
}

/** A query: typed words, or a file. */
export type PageQuery = { text: string } | { file: SentFile };

/** What a query is. */
export type QueryKind = "text" | "speech" | "image";

/** An embedded query. */
export interface EmbeddedQuery {
  kind: QueryKind;
  /** `[D]`. */
  row: Float32Array<ArrayBuffer>;
  /** Of speech, if the model reads words. */
  transcript?: string;
}

/** A message to the worker. */
export type ModelOrder = { load: string | ModelNames } | "warm up" | { query: PageQuery } | "stop";

/** Its answer; `EmbeddedQuery` to a query, and the model's variant and fingerprint once it is loaded. */
export type ModelAnswer = EmbeddedQuery | Pick<RetrievalModel, "variant" | "fingerprint"> | undefined;

/** A longer recording would occupy the model for everybody. */
const MAX_SECONDS = 120;

let model: RetrievalModel | undefined;
/** What the model does at the moment. */
let work: Promise<unknown> = Promise.resolve();

answerCalls<ModelOrder, ModelAnswer>(
  async (order) => {
    if (order !== "stop") {
      const answer = obey(order);
      work = answer;
      return await answer;
    }
    await work.catch(() => {}); // ending the thread of a native library that computes would crash the process
    await model?.dispose();
    return undefined;
  },
  (answer) => answer !== undefined && "row" in answer ? [answer.row.buffer] : [],
);

async function obey(order: Exclude<ModelOrder, "stop">): Promise<ModelAnswer> {
  if (order === "warm up") {
    await model!.embedText(["warm"]);
    await model!.embedAudio([new Float32Array(1600)]);
    return undefined;
  }
  if ("query" in order) return await embed(model!, order.query);
  model = await loadBrewClip(order.load);
  return { variant: model.variant, fingerprint: model.fingerprint };
}

async function embed(model: RetrievalModel, query: PageQuery): Promise<EmbeddedQuery> {
  const kind = "text" in query ? "text" : kindOf(query.file);
  const { row, ...transcript } = await embedQuery(
    model,
    "text" in query
      ? query
      : kind === "image"
      ? { image: query.file }
      : { audio: await decodeAudio(query.file.bytes, query.file.name, { maxSeconds: MAX_SECONDS }) },
  );
  return { kind, row: Float32Array.from(row), ...transcript };
}

/** Whether a file is a recording or an image, by its type or else by its content. */
function kindOf({ type, bytes }: SentFile): "speech" | "image" {
  if (/^(audio|video)\//.test(type)) return "speech";
  if (/^image\//.test(type) || isHeic(bytes) || /^ftypavi[fs]/.test(ascii(bytes, 4, 8))) return "image";
  return formatOf(bytes) === undefined ? "image" : "speech";
}
