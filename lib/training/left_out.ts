/**
 * Inputs that cannot be used: told once with their path, counted, listed in the run folder.
 *
 * @module
 */
import { appendJsonLines, readJsonLines } from "../files/json_lines.ts";

/** One recording or picture that was left out. */
export interface LeftOutEntry {
  /** What it is. */
  kind: "recording" | "picture";
  /** Its file. */
  path: string;
  /** What is wrong with a recording, in a word, where that is known; `"whisper"`: the file is sound, Whisper failed on it. */
  problem?: string;
  /** Why it cannot be used, in one line. */
  reason: string;
}

/** The list of a run; each path is told and written once. */
export class LeftOut {
  readonly #entries = new Map<string, LeftOutEntry>();
  readonly #file: string | undefined;
  readonly #tell: (line: string) => void;
  #written = new Set<string>();

  /**
   * An empty list.
   *
   * @param options.file `left_out.jsonl` of the run folder; none keeps the list in memory.
   * @param options.tell takes the line for the user.
   */
  constructor(options: { file?: string; tell: (line: string) => void }) {
    this.#file = options.file;
    this.#tell = options.tell;
  }

  /**
   * A list that continues the one in the file, so that a resumed run lists nothing twice.
   *
   * @throws {InputError} where a line of the file is damaged.
   */
  static async open(options: { file: string; tell: (line: string) => void }): Promise<LeftOut> {
    const list = new LeftOut(options);
    const entries = await readJsonLines<LeftOutEntry>(options.file, ({ path }) => typeof path === "string");
    list.#written = new Set(entries.map((entry) => entry.path));
    return list;
  }

  /** All entries, in the order in which they were met. */
  get entries(): LeftOutEntry[] {
    return [...this.#entries.values()];
  }

  /** Adds one; does nothing where its path is listed. */
  async add(entry: LeftOutEntry): Promise<void> {
    if (this.#entries.has(entry.path)) return;
    this.#entries.set(entry.path, entry);
    this.#tell(`left out the ${entry.kind} '${entry.path}': ${entry.reason}`);
    if (this.#file !== undefined && !this.#written.has(entry.path)) await appendJsonLines(this.#file, [entry]);
  }

  /** One line with the counts; undefined where nothing was left out. */
  summary(): string | undefined {
    if (this.#entries.size === 0) return undefined;
    const recordings = this.entries.filter((entry) => entry.kind === "recording").length;
    const failed = this.entries.filter((entry) => entry.problem === "whisper").length;
    const ofThem = failed === 0 ? "" : ` (${failed} on which Whisper failed)`;
    const list = this.#file === undefined ? "" : `; listed in ${this.#file}`;
    return `left out ${recordings} recordings${ofThem} and ${this.#entries.size - recordings} pictures${list}`;
  }
}
