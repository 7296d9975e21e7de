/**
 * The pages of gallery, attention and crop: one HTML file with images and recordings inside. Each query is drawn as in the
 * report's figures.
 */
import { join } from "@std/path";
import type { AttentionMaps } from "../../experiments/attention/experiment.ts";
import type { CropQuery } from "../../experiments/crop/experiment.ts";
import { worstOf } from "../../experiments/crop/experiment.ts";
import type { GalleryQuery, GalleryResult } from "../../experiments/gallery/experiment.ts";
import type { ReportEntry } from "../collect/entry.ts";
import { drawPair, relevanceColour } from "../figures/attention.ts";
import { Canvas } from "../figures/canvas.ts";
import { drawCropped } from "../figures/crop.ts";
import { drawGalleryQuery, galleryWidth, modelNames } from "../figures/gallery.ts";
import { attentionTables, cropQueryTables, cropTables, errorsInWords, galleryTables } from "../tables/queries.ts";
import type { ReportTable } from "../tables/report_table.ts";
import { tableBlock } from "./blocks.ts";
import { audioElement } from "./media.ts";
import { type Html, html, pageHtml } from "./shell.ts";

type Titles = readonly (readonly [direction: "speech2image" | "image2speech", title: string])[];

/** Folds tables with a row per query, as the queries are drawn below. */
function blocks(tables: readonly ReportTable[]): Html[] {
  return tables.map((table) =>
    tableBlock(table, { files: [], folded: /^(gallery|attention|crop_queries)_(?!recall)/.test(table.name) })
  );
}

/**
 * Queries with each model's first answers, and players for the recordings.
 *
 * @param folder the data set's folder. Default: that in the result
 */
export async function galleryPage(entry: ReportEntry<"gallery">, folder?: string): Promise<string> {
  const { settings, result } = entry.file;
  const titles: Titles = [
    ["speech2image", "Recordings as queries"],
    ["image2speech", "Images as queries"],
  ];
  const parts: Html[] = [];
  for (const [direction, title] of titles) {
    const queries = result.queries.filter((query) => query.direction === direction);
    const sections: Html[] = [];
    for (const query of queries) {
      sections.push(await gallerySection(query, result, { folder: folder ?? result.dataFolder, first: settings.top }));
    }
    if (sections.length > 0) parts.push(html`<section><h2>${title}</h2>${sections}</section>`);
  }
  const [recall, ranks] = galleryTables([entry]) as [ReportTable, ReportTable];
  return await queryPage(
    "Gallery: what each model answers",
    html`<p class="lead">${ranks.note} A green frame marks the correct answer.</p>`,
    html`${blocks([recall, ranks])}${parts}`,
  );
}

async function gallerySection(
  query: GalleryQuery,
  result: GalleryResult,
  { folder, first }: { folder: string; first: number },
): Promise<Html> {
  const canvas = new Canvas({ width: galleryWidth(first), side: 300 });
  const names = modelNames(result);
  const height = await drawGalleryQuery({ query, result, names, folder, canvas, top: 0, first });
  const ids = query.direction === "speech2image" ? [query.id] : [
    ...Object.entries(result.recordings).filter(([, { imageId }]) => imageId === query.id).map(([id]) => id),
    ...query.answers.flatMap(({ top }) => top.map(({ id }) => id)),
  ];
  const recordings = [...new Set(ids)].filter((id) => Object.hasOwn(result.recordings, id));
  const items: Html[] = [];
  for (const id of recordings) {
    const { file, transcript, reference, errors, imageId, keywords = {} } = result.recordings[id]!;
    items.push(html`
      <li><b>${id}</b> <span class="soft">of ${imageId}</span>${await audioElement(join(folder, file))}
      <p>transcribed: <q>${transcript}</q></p>
      ${reference === "" ? "" : html`<p class="soft">written: <q>${reference}</q></p>`}
      <p class="soft">${errorsInWords(errors)}</p>
      ${Object.entries(keywords).map(([model, words]) =>
        html`<p>keywords of ${model}: <q>${words.join(" ")}</q></p>`
      )}</li>
    `);
  }
  return html`
    <div class="query">
      <div class="drawing">${canvas.svg(height, `${query.id} with the first answers of each model`)}</div>
      <ul class="recordings">${items}</ul>
    </div>
  `;
}

/** Maps over image, words and sound for each pair, and a player for the recording. */
export async function attentionPage(entry: ReportEntry<"attention">, folder?: string): Promise<string> {
  const { result } = entry.file;
  const tables = attentionTables([entry]);
  const lead = html`
    <p class="lead">${tables[0]!.note}</p>
    <p
      class="soft">Each map has its own scale: the patch, the word and the moment that matter most are the most orange. What
    lowers the similarity is shown as what does not matter. Point at a patch or a word for its number.</p>
    <p
      class="soft">0 <span class="scale" style="background: linear-gradient(90deg, ${relevanceColour(
        0,
      )}, ${relevanceColour(1)})"></span> most</p>
  `;
  const sections: Html[] = [];
  for (const map of result.maps) {
    const { recording, transcript, reference, picture, text, sound } = map;
    const canvas = new Canvas({ width: 900 });
    const height = await drawPair(canvas, map, {
      result,
      top: 0,
      image: 170,
      lines: Infinity,
      folder: folder ?? result.dataFolder,
    });
    sections.push(html`
      <section class="query">
      <div class="drawing">${canvas.svg(height, `relevance of image, words and sound for ${map.id}`)}</div>
      <p class="soft">image: ${sums("class token", picture.start, picture.prompts, picture.relevance)}</p>
      ${text === null
        ? html`<p>transcribed: <q>${transcript}</q> <span class="soft">(not read by this model)</span></p>`
        : html`<p class="soft">text: ${
          sums("first token", text.start, text.prompts, text.words.map(({ relevance }) => relevance ?? 0))
        }; last token ${short(text.end)}${unread(text)}</p>`}
      ${reference === "" ? "" : html`<p class="soft">written: <q>${reference}</q></p>`}
      ${sound === null ? html`<p class="soft">this model has no acoustic branch: no map below the spectrogram</p>` : ""}
      ${await audioElement(join(folder ?? result.dataFolder, recording))}</section>
    `);
  }
  return await queryPage("Attention: what a similarity rests on", lead, html`${blocks(tables)}${sections}`);
}

/** The relevance of everything that the tower attends to, in the same unit. */
function sums(first: string, start: number, prompts: readonly number[], drawn: readonly number[]): string {
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const ofPrompts = prompts.length === 0
    ? "no prompts"
    : `prompts ${short(sum(prompts))} (${prompts.map(short).join(", ")})`;
  return `total relevance of what is drawn ${short(sum(drawn))}; ${first} ${short(start)}; ${ofPrompts}`;
}

function unread({ words }: NonNullable<AttentionMaps["text"]>): string {
  const missed = words.filter(({ relevance }) => relevance === null).length;
  return missed === 0 ? "" : `; the last ${missed} words, in gray, are beyond the tower's context length`;
}

/** Without a sign before 0. */
function short(value: number): string {
  return value.toFixed(3).replace(/^-(0\.0+)$/, "$1");
}

/** The queries that lose most by the crop, each with its image and the part that is kept. */
export async function cropPage(entry: ReportEntry<"crop">, folder?: string): Promise<string> {
  const { settings, result } = entry.file;
  const titles: Titles = [
    ["speech2image", "Recordings whose image ranks lower when cropped"],
    ["image2speech", "Images that rank their recording lower when cropped"],
  ];
  const worst = worstOf(result.queries, settings.top);
  const card = async (query: CropQuery): Promise<Html> => {
    const canvas = new Canvas({ width: 260, side: 600 });
    const within = { x: 0, y: 0, width: 260, height: 260 };
    const height = await drawCropped(canvas, query, {
      result,
      folder: folder ?? result.dataFolder,
      within,
      lines: Infinity,
    });
    const { width = 0, height: tall = 0 } = result.pictures[query.imageId] ?? {};
    return html`
      <div class="drawing">${canvas.svg(height, `${query.id}: the image with the part that the crop keeps`)}
      <p class="soft">rank ${query.ranks.squash} squeezed; ${query.loss} ranks lost; ${width} x ${tall} pixels</p></div>
    `;
  };
  const parts: Html[] = [];
  for (const [way, title] of titles) {
    const cards: Html[] = [];
    for (const query of worst.filter(({ direction }) => direction === way)) cards.push(await card(query));
    if (cards.length > 0) {
      parts.push(html`
        <section>
          <h2>${title}</h2>
          <div class="cards">${cards}</div>
        </section>
      `);
    }
  }
  return await queryPage(
    "Center crop: what is lost at the edges",
    html``,
    html`${blocks([...cropTables([entry]), ...cropQueryTables([entry])])}${parts}`,
  );
}

async function queryPage(title: string, lead: Html, body: Html): Promise<string> {
  return await pageHtml({
    title,
    body: html`
      <header><h1>${title}</h1>${lead}</header>
      <main>${body}</main>
    `,
  });
}
