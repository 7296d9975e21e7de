/** The page of a search: the query, and the images that it found with their scores. */
import { basename } from "@std/path";
import { audioElement, thumbnailUri } from "./media.ts";
import { type Html, html, pageHtml } from "./shell.ts";

/** A query and what it found. */
export interface SearchShown {
  /** The words, or the file. */
  asked: string;
  kind: "text" | "audio" | "image";
  transcript: string | undefined;
  matches: readonly { path: string; score: number }[];
}

/** Pixels of the longer side of an image. */
const SIDE = 320;

/** One HTML file with the query, and small copies of the images inside. */
export async function searchPage({ asked, kind, transcript, matches }: SearchShown): Promise<string> {
  const items: Html[] = [];
  for (const [i, { path, score }] of matches.entries()) {
    items.push(html`
      <li>${await picture(path)}<p><b>${i + 1}.</b> <span class="soft">${score.toFixed(3)}</span></p>
      <p class="soft" style="overflow-wrap: anywhere">${path}</p></li>
    `);
  }
  const query = kind === "text"
    ? html`<p class="lead">Words: <q>${asked}</q></p>`
    : kind === "image"
    ? html`<p class="lead">Image: ${asked}</p>${await picture(asked)}`
    : html`<p class="lead">Recording: ${asked}</p>${await audioElement(asked)}`;
  return await pageHtml({
    title: `Search: ${kind === "text" ? asked : basename(asked)}`,
    body: html`
      <h1>Search</h1>
      <section>${query}${transcript === undefined ? "" : html`<p>transcribed: <q>${transcript}</q></p>`}</section>
      <section>
        <h2>${matches.length} images</h2>
        <p class="soft">Below each image is the cosine of its embedding with that of the query.</p>
        <ul
          style="display: grid; grid-template-columns: repeat(auto-fill, minmax(14rem, 1fr)); gap: 1rem; list-style: none; padding: 0">
      ${items}</ul>
      </section>
    `,
  });
}

async function picture(path: string): Promise<Html> {
  const address = await thumbnailUri(path, SIDE);
  return address === undefined
    ? html`<p class="soft">the image cannot be read now</p>`
    : html`<img src="${address}" alt="${basename(path)}" loading="lazy" style="max-width: 100%">`;
}
