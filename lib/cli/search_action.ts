/** What `search` does, loaded when it is asked for. */
import { isAbsolute, join, relative, resolve } from "@std/path";
import { InputError } from "../errors.ts";
import { writeAtomic } from "../files/atomic.ts";
import { exists } from "../files/read.ts";
import { openIndex, type Query } from "../retrieval/index/open_index.ts";
import type { IndexMatch } from "../retrieval/index/store.ts";
import { IMAGE } from "../retrieval/index/walk.ts";
import { indexPlace } from "./index_place.ts";
import type { SearchOptions } from "./search.ts";

const RECORDING = /\.(wav|flac|ogg|oga|opus|mp3|m4a|mp4|webm|aac|caf|aiff?|wma)$/i;

/**
 * Searches an index, and prints score and path of each match; for a recording its transcript first.
 *
 * @throws {InputError} if the query, an option or the index is at fault.
 */
export async function searchFromOptions(text: string | undefined, options: SearchOptions): Promise<void> {
  const query = await queryOf(text, options.image);
  const { top, minScore, under, exact } = options;
  const after = timeOf(options.after);
  const { place, name } = indexPlace(options);
  await using index = await openIndex(place, { name, speech: "audio" in query });
  const { transcript, matches } = await index.search(query, {
    top,
    ...(minScore === undefined ? {} : { minScore }),
    ...(under === undefined ? {} : { under: resolve(under) }),
    ...(after === undefined ? {} : { after }),
    ...(exact ? { exact } : {}),
  });
  if (options.json) console.log(JSON.stringify({ query: text ?? options.image, transcript, matches }, undefined, 2));
  else {
    if (transcript !== undefined) console.log(`transcript: ${transcript}\n`);
    else if ("audio" in query) console.log("the model compares the sound of the recording: no transcript\n");
    for (const { score, path } of matches) console.log(`${score.toFixed(3)}  ${shown(path)}`);
    if (matches.length === 0) console.error(await whyNone(index.count(), options));
  }
  if (options.open) await writePage(text ?? options.image!, { query, transcript, matches }, options);
}

/** A file is a recording; other text is words. */
async function queryOf(text: string | undefined, image: string | undefined): Promise<Exclude<Query, string>> {
  if ((text === undefined) === (image === undefined)) {
    throw new InputError(
      `Cannot search as ${
        text === undefined ? "there is no query" : "there are two queries"
      }: give words, a recording, or --image FILE.`,
    );
  }
  if (image !== undefined) return { image };
  if (IMAGE.test(text!)) {
    throw new InputError(`Cannot search by '${text}' as a recording or as words: give an image as --image '${text}'.`);
  }
  if (await exists(text!)) return { audio: text! };
  if (RECORDING.test(text!)) {
    throw new InputError(`Cannot search by '${text}' as there is no such recording: check the path.`);
  }
  return { text: text! };
}

function timeOf(date: string | undefined): number | undefined {
  if (date === undefined) return undefined;
  const time = Date.parse(date);
  if (Number.isFinite(time)) return time;
  throw new InputError(`Cannot search as --after must be a date such as 2026-01-31: it is '${date}'.`);
}

/** A path as the user would type it. */
function shown(path: string): string {
  const near = relative(Deno.cwd(), path);
  return near.startsWith("..") || isAbsolute(near) ? path : near;
}

async function whyNone(count: Promise<number>, { index, minScore, under, after }: SearchOptions): Promise<string> {
  if (await count === 0) return `the index '${index}' is empty: deno task index --images FOLDER adds images`;
  const filters = [
    minScore !== undefined && "--min-score",
    under !== undefined && "--under",
    after !== undefined && "--after",
  ];
  return `no image of the index passes ${filters.filter(Boolean).join(" and ")}`;
}

async function writePage(
  asked: string,
  { query, transcript, matches }: {
    query: Exclude<Query, string>;
    transcript: string | undefined;
    matches: readonly IndexMatch[];
  },
  { index }: SearchOptions,
): Promise<void> {
  const { searchPage } = await import("../report/page/search_page.ts");
  const kind = Object.keys(query)[0] as "text" | "audio" | "image";
  const file = join("runs", "index", index, "search.html");
  await writeAtomic(file, await searchPage({ asked, kind, transcript, matches }));
  console.error(`page: ${file}`);
}
