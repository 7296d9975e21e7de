/**
 * Reads a Whisper's sizes, special tokens and decoding settings from its files. The files are checked against each other, so
 * that a folder with files of two models is refused.
 *
 * Decoding is greedy, without timestamps, up to `max_target_positions`. Every other setting that would change the text is
 * obeyed or refused by name.
 */
import { join } from "@std/path";
import { HOP } from "../audio/log_mel.ts";
import { InputError } from "../errors.ts";
import { readJson } from "../files/read.ts";
import { FRONT_END, GREEDY, KNOWN, NEUTRAL } from "./decoding.ts";
import { SAMPLES_PER_STATE } from "./windows.ts";

/** The decoder writes the spoken words, or their translation into English. */
export type WhisperTask = "transcribe" | "translate";

/** The checked settings of a Whisper. */
export interface WhisperSettings {
  width: number; // of the encoder's states, `d_model`
  layers: number; // of the encoder, `encoder_layers`
  bands: number; // of the mel spectrogram
  window: number; // in samples, `n_samples`
  vocabulary: number; // `vocab_size`
  language: string; // a code such as "en"
  task: WhisperTask;
  /** The tokens that decoding begins with: start, language and task of a multilingual model, no timestamps. */
  prompt: number[];
  /** Tokens that end a text. */
  ends: ReadonlySet<number>;
  /** Whether a token is text: neither a control token, nor a timestamp, nor unknown to the tokenizer. */
  isText(token: number): boolean;
  /** All settings of transformers.js that change the text, so that it reads none from a file unchecked. */
  generation: Readonly<Record<string, unknown>>;
}

/** Language and task of a multilingual model. */
export interface SpokenOptions {
  /** Code or English name of the language. Default the one in the model's files, else English. */
  language?: string | undefined;
  /** Default `"transcribe"`, unless the model's files set another. */
  task?: WhisperTask | undefined;
}

type Json = Record<string, unknown>;

/** Larger numbers are damage. Whisper has 480,000 samples, 80 or 128 bands, 51,866 tokens. */
const LIMITS = { samples: 9_600_000, bands: 1024, tokens: 10_000_000, positions: 65536, width: 65536, layers: 1024 };

/** The vocabulary of the published English-only models, whose tokenizers have language tokens too. */
const ENGLISH_VOCABULARY = 51864;

/**
 * Reads and checks the JSON files of a Whisper's folder.
 *
 * @throws {InputError} if they contradict each other, have an unsupported setting, or lack the language; names the setting, its
 * value and the remedy.
 */
export async function readWhisperSettings(folder: string, spoken: SpokenOptions = {}): Promise<WhisperSettings> {
  const read = async (name: string): Promise<Json> => {
    const value = await readJson(join(folder, name));
    if (isObject(value)) return value;
    throw new InputError(`Cannot load Whisper from '${folder}' as '${name}' is no JSON object. Fetch the file again.`);
  };
  const extractor = await read("preprocessor_config.json");
  const [config, generation] = [await read("config.json"), await read("generation_config.json")];
  return new Reader(folder, config, generation, await read("tokenizer.json")).settings(extractor, spoken);
}

/** Reads settings; every error names the folder. */
class Reader {
  readonly #ids: ReadonlyMap<string, number>;
  readonly #vocabulary: number;

  constructor(
    readonly folder: string,
    readonly config: Json,
    readonly generation: Json,
    tokenizer: Json,
  ) {
    this.#vocabulary = this.#size("vocab_size", 51865, LIMITS.tokens);
    this.#ids = idsOf(tokenizer);
    for (const [content, id] of this.#ids) {
      if (id < this.#vocabulary) continue;
      throw this.#error(
        `'vocab_size' in config.json is ${this.#vocabulary}, but tokenizer.json gives '${content.slice(0, 40)}' the ` +
          `number ${id}`,
      );
    }
  }

  settings(extractor: Json, spoken: SpokenOptions): WhisperSettings {
    const { config } = this;
    if (config.model_type !== undefined && config.model_type !== "whisper") {
      throw this.#error(`'model_type' in config.json must be 'whisper': it is ${show(config.model_type)}`);
    }
    const width = this.#size("d_model", undefined, LIMITS.width);
    const { window, bands } = this.#frontEnd(extractor);
    const positions = this.#size("max_target_positions", 448, LIMITS.positions);
    this.#size("decoder_layers", 6, LIMITS.layers); // transformers.js makes a cache for each
    this.#refuseOthers();
    const start = this.#special("decoder_start_token_id", "<|startoftranscript|>");
    const noTimestamps = this.#special("no_timestamps_token_id", "<|notimestamps|>");
    const ends = this.#ends();
    const { language, task, tokens } = this.#spoken(noTimestamps, spoken);
    const prompt = [start, ...tokens, noTimestamps];
    const names = new Map([...this.#ids].map(([content, id]) => [id, content]));
    return {
      width,
      layers: this.#size("encoder_layers", 6, LIMITS.layers),
      bands,
      window,
      vocabulary: this.#vocabulary,
      language,
      task,
      prompt,
      ends: new Set(ends),
      isText: (token) => names.has(token) && !/^<\|.*\|>$/.test(names.get(token)!),
      generation: {
        // Complete, since transformers.js would read missing settings from config.json or use its own defaults.
        decoder_start_token_id: start,
        eos_token_id: ends.length === 1 ? ends[0] : ends,
        bos_token_id: ends[0],
        pad_token_id: ends[0],
        max_length: this.#maxLength(prompt.length, positions),
        suppress_tokens: this.#tokens("suppress_tokens"),
        begin_suppress_tokens: this.#tokens("begin_suppress_tokens"),
        ...GREEDY,
      },
    };
  }

  /** Reads the window and the bands, on which three files must agree. */
  #frontEnd(extractor: Json): { window: number; bands: number } {
    const file = "preprocessor_config.json";
    for (const [name, expected] of Object.entries(FRONT_END)) {
      const value = extractor[name] ?? expected;
      if (value !== expected) throw this.#error(`'${name}' in ${file} must be ${expected}: it is ${show(value)}`);
    }
    const bands = this.#whole(file, "feature_size", extractor.feature_size ?? 80, 1, LIMITS.bands);
    const seconds = this.#whole(file, "chunk_length", extractor.chunk_length ?? 30, 1, 600);
    const samples = extractor.n_samples ?? seconds * 16000;
    const window = this.#whole(file, "n_samples", samples, 10 * SAMPLES_PER_STATE, LIMITS.samples);
    if (window % SAMPLES_PER_STATE !== 0) {
      throw this.#error(`'n_samples' in ${file} must be a multiple of ${SAMPLES_PER_STATE}: it is ${window}`);
    }
    const { max_source_positions: positions, num_mel_bins: bins } = this.config;
    const facts: [name: string, value: number, other: string, count: unknown][] = [
      ["n_samples", window / 16000, "'chunk_length' there", extractor.chunk_length],
      ["n_samples", window / HOP, "'nb_max_frames' there", extractor.nb_max_frames],
      ["n_samples", window / SAMPLES_PER_STATE, "'max_source_positions' in config.json", positions],
      ["feature_size", bands, "'num_mel_bins' in config.json", bins],
    ];
    for (const [name, value, other, count] of facts) {
      if (count === undefined || count === null || count === value) continue;
      throw this.#error(`'${name}' in ${file} asks for ${value} as ${other}, which is ${show(count)}`);
    }
    return { window, bands };
  }

  /** Refuses unsupported settings that would change the text. */
  #refuseOthers(): void {
    const files: [string, Json][] = [["generation_config.json", this.generation], ["config.json", this.config]];
    for (const [file, settings] of files) {
      for (const [name, value] of Object.entries(settings)) {
        const listed = Object.hasOwn(NEUTRAL, name);
        const harmless = listed ? value === NEUTRAL[name] : file === "config.json" || KNOWN.has(name) ||
          name.startsWith("_") || value === false;
        if (harmless || value === null || Array.isArray(value) && value.length === 0) continue;
        const neutral = NEUTRAL[name] === undefined ? "" : ` or set it to ${NEUTRAL[name]}`;
        throw this.#error(
          `'${name}' in ${file} is ${show(value)}, which ${listed ? "changes" : "may change"} the text and is not ` +
            "supported: decoding is greedy",
          `Remove '${name}'${neutral}`,
        );
      }
    }
  }

  /** The id of a special token: from the JSON settings, or from the tokenizer if they are of the old kind. */
  #special(name: string, content: string): number {
    const id = this.generation[name] ?? this.config[name] ?? this.#ids.get(content);
    if (id === undefined) {
      throw this.#error(`'${name}' is missing in generation_config.json, and tokenizer.json has no '${content}'`);
    }
    return this.#sameToken(name, id, content);
  }

  #sameToken(name: string, id: unknown, content: string): number {
    const token = this.#token(name, id);
    const known = this.#ids.get(content);
    if (known === undefined || known === token) return token;
    throw this.#error(
      `'${name}' in generation_config.json is ${token}, but '${content}' in tokenizer.json is ${known}`,
    );
  }

  #ends(): number[] {
    const name = "eos_token_id", content = "<|endoftext|>";
    const value = this.generation[name] ?? this.config[name] ?? this.#ids.get(content);
    const ends = [value].flat().map((id) => this.#token(name, id));
    const known = this.#ids.get(content);
    if (ends.length > 0 && (known === undefined || ends.includes(known))) return ends;
    throw this.#error(
      `'${name}' in generation_config.json is ${show(value)}, but '${content}' in tokenizer.json is ${known}`,
    );
  }

  #maxLength(prompt: number, positions: number): number {
    const { max_length: most, max_new_tokens: added } = this.generation;
    const file = "generation_config.json";
    if (added !== undefined && added !== null) {
      const tokens = this.#whole(file, "max_new_tokens", added, 1, Infinity);
      if (prompt + tokens < positions) {
        throw this.#error(
          `'max_new_tokens' in ${file} is ${tokens}, which would cut texts that the ${positions} positions of the decoder hold`,
          "Remove it, or give 'max_length'",
        );
      }
      return positions;
    }
    return Math.min(positions, this.#whole(file, "max_length", most ?? positions, prompt + 1, Infinity));
  }

  /** Suppressed tokens; negative numbers, which older files have, mean none. */
  #tokens(name: string): number[] | null {
    const list = this.generation[name] ?? this.config[name] ?? null;
    if (list === null) return null;
    if (!Array.isArray(list)) {
      throw this.#error(`'${name}' in generation_config.json must be a list: it is ${show(list)}`);
    }
    return list.filter((id) => !(Number.isSafeInteger(id) && id < 0)).map((id) => this.#token(name, id));
  }

  /** Language and task: the user's, the model's own, or English. An English-only model has no tokens for them. */
  #spoken(noTimestamps: number, { language, task }: SpokenOptions): {
    language: string;
    task: WhisperTask;
    tokens: number[];
  } {
    const { generation } = this;
    const languages = this.#named("lang_to_id", /^<\|([a-z]{2,3})\|>$/);
    const tasks = this.#named("task_to_id", /^(?:<\|)?(transcribe|translate)(?:\|>)?$/);
    const forced = this.#forced(noTimestamps, languages, tasks);
    for (const name of ["language", "task"]) {
      const value = generation[name] ?? "";
      if (typeof value === "string") continue;
      throw this.#error(`'${name}' in generation_config.json must be a text: it is ${show(value)}`);
    }
    const own = { language: generation.language as string | null, task: generation.task as string | null };
    const old = own.language ?? own.task ?? language ?? task ? {} : forced;
    const wanted = language ?? own.language ?? old.language ?? "en";
    const doing = task ?? own.task ?? old.task ?? "transcribe";
    if (doing !== "transcribe" && doing !== "translate") {
      throw this.#error(`'task' must be 'transcribe' or 'translate': it is ${show(doing)}`, "Give one of the two");
    }
    const english = /^(en|english|<\|en\|>)$/i.test(wanted);
    if (!this.#isMultilingual(languages, forced)) {
      if (english && doing === "transcribe") return { language: "en", task: doing, tokens: [] };
      const [name, value] = english ? ["task", doing] : ["language", wanted];
      throw this.#error(`'${name}' is '${value}', but the model is English-only`, "Give a multilingual model");
    }
    const code = codeOf(wanted, languages);
    if (code === undefined) {
      throw this.#error(
        `'language' is '${wanted}', which the model lacks. It has ${[...languages.keys()].sort().join(", ")}`,
        "Give one of these",
      );
    }
    const id = tasks.get(doing);
    if (id === undefined) {
      throw this.#error(`'task' is '${doing}', which the model lacks: 'task_to_id' does not have it`);
    }
    return { language: code, task: doing, tokens: [languages.get(code)!, id] };
  }

  #isMultilingual(
    languages: ReadonlyMap<string, number>,
    forced: { first?: number | undefined; language?: string | undefined },
  ): boolean {
    const { is_multilingual: flag, lang_to_id: listed } = this.generation;
    if (typeof flag === "boolean") {
      if (!flag || languages.size > 0) return flag;
      throw this.#error("'is_multilingual' in generation_config.json is true, but there are no tokens of languages");
    }
    if (flag !== undefined && flag !== null) {
      throw this.#error(`'is_multilingual' in generation_config.json must be true or false: it is ${show(flag)}`);
    }
    if (forced.language !== undefined || isObject(listed)) return true;
    if (forced.first !== undefined) return false; // <|notimestamps|> directly follows the start
    return languages.size > 0 && this.#vocabulary !== ENGLISH_VOCABULARY;
  }

  /** Reads `forced_decoder_ids`, the old format of language and task: pairs of a position and a token. */
  #forced(
    noTimestamps: number,
    languages: ReadonlyMap<string, number>,
    tasks: ReadonlyMap<string, number>,
  ): { first?: number; language?: string; task?: string } {
    const list = this.generation.forced_decoder_ids ?? this.config.forced_decoder_ids ?? [];
    const wrong = (why: string) =>
      this.#error(`'forced_decoder_ids' ${why}: it is ${show(list)}`, "Remove it, or give --language and --task");
    if (!Array.isArray(list)) throw wrong("must be a list of pairs");
    const found: { first?: number; language?: string; task?: string } = {};
    for (const [i, pair] of list.entries()) {
      if (!Array.isArray(pair) || pair.length !== 2 || pair[0] !== i + 1) {
        throw wrong("must have the positions 1, 2, ...");
      }
      if (pair[1] === null) continue;
      const token = this.#token("forced_decoder_ids", pair[1]);
      const language = nameOf(languages, token), task = nameOf(tasks, token);
      if (language !== undefined && found.language === undefined) found.language = language;
      else if (task !== undefined && found.task === undefined) found.task = task;
      else if (token !== noTimestamps || i !== list.length - 1) {
        throw wrong(`may hold a language, a task and <|notimestamps|>, in this order, but not ${token}`);
      } else if (i === 0) found.first = token;
    }
    return found;
  }

  /** Token ids by name: from a table of generation_config.json, checked against the tokenizer, or from the tokenizer. */
  #named(name: string, pattern: RegExp): Map<string, number> {
    const table = this.generation[name] ??
      Object.fromEntries([...this.#ids].filter(([content]) => /^<\|/.test(content)));
    if (!isObject(table)) {
      throw this.#error(`'${name}' in generation_config.json must be a table: it is ${show(table)}`);
    }
    return new Map(
      Object.entries(table).flatMap(([content, id]): [string, number][] => {
        const short = pattern.exec(content)?.[1];
        return short === undefined ? [] : [[short, this.#sameToken(name, id, `<|${short}|>`)]];
      }),
    );
  }

  #token(name: string, value: unknown): number {
    if (Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < this.#vocabulary) {
      return value as number;
    }
    throw this.#error(
      `'${name}' must be a token from 0 to ${this.#vocabulary - 1}, the last of 'vocab_size' in config.json: it is ${
        show(value)
      }`,
    );
  }

  /** Reads a size from config.json. */
  #size(name: string, fallback: number | undefined, most: number): number {
    return this.#whole("config.json", name, this.config[name] ?? fallback, 1, most);
  }

  #whole(file: string, name: string, value: unknown, least: number, most: number): number {
    if (Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most) return value as number;
    const range = most === Infinity ? `from ${least} on` : `from ${least} to ${most}`;
    throw this.#error(`'${name}' in ${file} must be a whole number ${range}: it is ${show(value)}`);
  }

  #error(why: string, remedy = "Fetch the model again, or check that its files belong together"): InputError {
    return new InputError(`Cannot load Whisper from '${this.folder}' as ${why}. ${remedy}.`);
  }
}

/** The ids of all tokens of a `tokenizer.json` by content. */
function idsOf({ model, added_tokens: added }: Json): Map<string, number> {
  const ids = new Map<string, number>();
  const vocabulary = isObject(model) && isObject(model.vocab) ? model.vocab : {};
  const entries = (Array.isArray(added) ? added : []).filter(isObject).map(({ content, id }) => [content, id] as const);
  for (const [content, id] of [...Object.entries(vocabulary), ...entries]) {
    if (typeof content === "string" && Number.isSafeInteger(id)) ids.set(content, id as number);
  }
  return ids;
}

/** Finds the code of a language from a code, an English name, or a token. */
function codeOf(language: string, languages: ReadonlyMap<string, number>): string | undefined {
  const wanted = language.trim().toLowerCase().replace(/^<\|(.*)\|>$/, "$1");
  if (languages.has(wanted)) return wanted;
  const names = new Intl.DisplayNames(["en"], { type: "language" });
  return [...languages.keys()].find((code) => names.of(code)?.toLowerCase() === wanted);
}

function nameOf(ids: ReadonlyMap<string, number>, token: number): string | undefined {
  return [...ids].find(([, id]) => id === token)?.[0];
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 60) ?? "missing";
}
