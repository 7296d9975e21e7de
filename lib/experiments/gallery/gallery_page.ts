/**
 * The gallery as a page.
 *
 * @module
 */
import { join } from "@std/path";
import { audioElement, pictureElement } from "../page/media.ts";
import { type Html, html, page, table } from "../page/page.ts";
import { errorsInWords } from "../qualitative/words.ts";
import { choiceInWords, RECALL_HEAD, recallRow } from "../qualitative/words.ts";
import type { GalleryQuery, GalleryResult, GallerySettings } from "./experiment.ts";

/** Longer side of the asking picture and of the answers, in pixels. */
const SIDES = { query: 300, hit: 180 };

/**
 * The gallery as one HTML file with its pictures and recordings inside.
 *
 * @param folder the data set's folder, seen from here. Default as the result names it.
 */
export async function galleryPage(
  { choice, models }: GallerySettings,
  result: GalleryResult,
  folder: string = result.dataFolder,
): Promise<string> {
  const { of, queries } = result;
  const lead = html`<p>Split ${of.split} of ${of.dataset} in ${
    models[0]?.config.dataRoot ?? ""
  }: ${of.pictures} pictures,
${of.recordings} recordings. Shown: ${choiceInWords(choice, result.models[0]?.name ?? "", "queries each way")}.
A green frame marks the right answer. Recall over the whole split in percent, with 95 % intervals:</p>
${table(RECALL_HEAD, result.models.map(({ name, recall }) => recallRow(name, recall)))}`;
  const part = async (direction: GalleryQuery["direction"], title: string): Promise<Html> => {
    const shown = queries.filter((query) => query.direction === direction);
    const sections = [];
    for (const query of shown) sections.push(await section(query, result, folder));
    return html`<h2>${title}</h2>${sections}`;
  };
  const body = html`${await part("speech2image", "Recordings that ask for their picture")}
${await part("image2speech", "Pictures that ask for a recording")}`;
  return await page("Gallery: what each model answers", lead, body);
}

async function section(query: GalleryQuery, result: GalleryResult, folder: string): Promise<Html> {
  const bySpeech = query.direction === "speech2image";
  const imageId = bySpeech ? result.recordings[query.id]?.imageId ?? "" : query.id;
  const asked = await picture(imageId, result, folder, SIDES.query);
  const spoken = Object.entries(result.recordings).filter(([id, recording]) =>
    bySpeech ? id === query.id : recording.imageId === query.id
  );
  const told = await Promise.all(spoken.map(([id]) => recording(id, result, folder)));
  const rows = [];
  for (const [i, { rank, similarity, top }] of query.answers.entries()) {
    const hits = await Promise.all(top.map(async (hit) => {
      const isRight = bySpeech ? hit.id === imageId : result.recordings[hit.id]?.imageId === query.id;
      const shown = bySpeech
        ? await picture(hit.id, result, folder, SIDES.hit)
        : await recording(hit.id, result, folder);
      return html`<div class="hit${isRight ? " right" : ""}">${shown}${hit.similarity.toFixed(3)}${
        isRight
          ? html`
            <b>right</b>
          `
          : ""
      }</div>`;
    }));
    rows.push(html`
      <div class="row">
        <div>
          <h3>${result.models[i]?.name ?? ""}</h3>
          <p class="soft">right answer at place <b>${rank}</b>, similarity ${similarity.toFixed(3)}</p>
        </div>
        <div class="hits${bySpeech ? "" : " speech"}">${hits}</div>
      </div>
    `);
  }
  return html`<section class="query"><div class="ask"><div><h3>${query.id}</h3>${told}</div>
<div>${asked}<p class="soft">${bySpeech ? "the right picture" : "the asking picture"}: ${imageId}</p></div></div>
${rows}</section>`;
}

function picture(id: string, { pictures }: GalleryResult, folder: string, side: number): Promise<Html> {
  return pictureElement(join(folder, pictures[id] ?? id), side, `picture ${id}`);
}

async function recording(id: string, { recordings }: GalleryResult, folder: string): Promise<Html> {
  const { file, transcript, reference, errors } = recordings[id]!;
  return html`${await audioElement(join(folder, file))}<p>heard: <q>${transcript}</q></p>
${reference === "" ? "" : html`<p class="soft">written: <q>${reference}</q></p>`}
<p class="soft">${errorsInWords(errors)}</p>`;
}
