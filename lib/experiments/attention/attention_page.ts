/**
 * The attention maps as a page.
 *
 * @module
 */
import { join } from "@std/path";
import { heatCss } from "../page/colours.ts";
import { audioElement } from "../page/media.ts";
import { type Html, html, page, raw } from "../page/page.ts";
import { choiceInWords } from "../qualitative/words.ts";
import { pictureFigure, soundFigure, wordsFigure } from "./attention_figures.ts";
import type { AttentionMaps, AttentionResult, AttentionSettings } from "./experiment.ts";

const STYLE = `<style>
.pictures { display: flex; gap: 12px; flex-wrap: wrap; margin: 10px 0; }
.pictures svg, .sound { max-width: 100%; height: auto; border-radius: 6px; }
.unread { color: #98a2b3; text-decoration: line-through; }
.scale { display: inline-block; width: 160px; height: 10px; border-radius: 5px; vertical-align: middle; }
</style>`;

/**
 * The maps as one HTML file with its pictures and recordings inside.
 *
 * @param folder the data set's folder, seen from here. Default as the result names it.
 */
export async function attentionPage(
  { choice, model }: AttentionSettings,
  result: AttentionResult,
  folder: string = result.dataFolder,
): Promise<string> {
  const { of, maps } = result;
  const scale = Array.from({ length: 9 }, (_, i) => heatCss(i / 8)).join(", ");
  const lead = html`
    ${raw(STYLE)}<p>${result.model}, step ${result.step}. Split ${of.split} of ${of.dataset} in
    ${model.config.dataRoot}: ${of.pictures} pictures, ${of.recordings} recordings. Shown: ${choiceInWords(
      choice,
      "the model",
      "recordings",
    )}.</p>
    <p
      class="soft">${result
        .method} Each map is scaled by itself: the patch and the moment that count most are brightest, the word that counts most is the most orange; what counts against the pair is shown as what does not count. Hold the pointer over a patch or a word for its number.</p>
    <p class="soft">0 <span class="scale" style="background: linear-gradient(90deg, ${scale})"></span> most</p>
  `;
  const sections = [];
  for (const one of maps) sections.push(await section(one, folder));
  return await page("Attention: what a similarity rests on", lead, html`${sections}`);
}

async function section(maps: AttentionMaps, folder: string): Promise<Html> {
  const { id, image, recording, transcript, reference, similarity, rank, picture, text, sound, spectrogram } = maps;
  return html`<section class="query"><h3>${id}</h3>
<p class="soft">similarity ${similarity.toFixed(3)}, the picture at place ${rank} of all</p>
${await pictureFigure(join(folder, image), picture)}
<p class="soft">${besides("class token", picture.start, picture.prompts, picture.relevance)}</p>
${
    text === null
      ? html`<p>heard: <q>${transcript}</q> <span class="soft">(not read by this model)</span></p>`
      : wordsFigure(text)
  }
${
    text === null
      ? ""
      : html`<p class="soft">${
        besides("first token", text.start, text.prompts, text.words.map((word) => word.relevance ?? 0))
      }; last token ${short(text.end)}</p>`
  }
${reference === "" ? "" : html`<p class="soft">written: <q>${reference}</q></p>`}
${await soundFigure(spectrogram, sound)}
${sound === null ? html`<p class="soft">this model does not hear: no map below the spectrogram</p>` : ""}
${await audioElement(join(folder, recording))}</section>`;
}

/** What else the tower looks at, in the same unit as the places that are drawn. */
function besides(first: string, start: number, prompts: readonly number[], places: readonly number[]): string {
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const ofPrompts = prompts.length === 0
    ? "no prompts"
    : `prompts ${short(sum(prompts))} (${prompts.map(short).join(", ")})`;
  return `relevance in sum: drawn places ${short(sum(places))}; ${first} ${short(start)}; ${ofPrompts}`;
}

/** Three digits, without a sign where they are 0. */
function short(value: number): string {
  return value.toFixed(3).replace(/^-(0\.0+)$/, "$1");
}
