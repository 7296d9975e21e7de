/** The page's HTML. */
import { basename } from "@std/path";
import { type Html, html, raw } from "../report/page/shell.ts";
import { type Variant, VARIANTS } from "../systems/variants.ts";

/** A recording that the page offers, and its words. */
export interface Example {
  path: string;
  text: string;
}

/** What the page says. */
export interface PageFacts {
  /** The name of the index. */
  index: string;
  /** The number of images. */
  count: number;
  variant: Variant;
  examples: readonly Example[];
  /** Whether the models are the bundled ones. */
  bundled: boolean;
  /** Whether only this machine can reach the server. */
  local: boolean;
  /** Characters of typed words. */
  maxText: number;
}

/** A microphone. */
export const ICON: string =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="26" height="26" aria-hidden="true"><path fill="currentColor" ' +
  'd="M12 15a4 4 0 0 0 4-4V6a4 4 0 0 0-8 0v5a4 4 0 0 0 4 4Zm7-4a1 1 0 0 0-2 0 5 5 0 0 1-10 0 1 1 0 0 0-2 0 7 7 0 0 0 6 ' +
  '6.9V21a1 1 0 0 0 2 0v-3.1A7 7 0 0 0 19 11Z"/></svg>';

/** The page. Its script and style are files of their own, as the content security policy wants it. */
export async function pageOf({ index, count, variant, examples, bundled, local, maxText }: PageFacts): Promise<string> {
  const { text, acoustic } = VARIANTS[variant];
  const read = text && acoustic ? "its words and its sound" : text ? "its words" : "its sound";
  const page = await html`
    <!DOCTYPE html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Find images by speaking</title>
        <link rel="icon" href="/icon.svg" type="image/svg+xml">
        <link rel="stylesheet" href="/page.css">
        <script src="/page.js" type="module"></script>
      </head>
      <body>
        <div class="wrap">
          <header>
            <h1>Find images by speaking</h1>
            <ul class="facts">
              <li><b>${count.toLocaleString("en")}</b> ${count === 1
                ? "image"
                : "images"} in the index <b>${index}</b></li>
              <li>of a recording, the model reads <b>${read}</b></li>
              <li>${local ? "nothing leaves this machine" : "recordings go to this server only"}</li>
            </ul>
            ${bundled ? BUNDLED : ""}
            ${count === 0 ? emptyNotice(index) : ""}
            <noscript><p class="notice">This page needs JavaScript to record and to search.</p></noscript>
          </header>
          <main>
            <form id="ask" role="search">
              <button type="button" id="speak" aria-pressed="false" aria-describedby="hint">
                ${raw(ICON)}<span id="speak-label">Hold to speak</span>
              </button>
              <div class="words">
                <label for="words" id="words-label">Words</label>
                <div class="row">
                  <input id="words" type="search" maxlength="${maxText}" autocomplete="off" enterkeyhint="search">
                  <button type="submit">Search</button>
                </div>
              </div>
              <label class="file">
                <span>Choose a recording or an image</span>
                <input id="file" type="file" accept="audio/*,video/*,image/*,.heic,.mkv,.opus">
              </label>
            </form>
            <p id="hint" class="soft">
              Hold the button <span class="desk">or the space bar</span> while you speak, or press it briefly to start and again to
              stop. <span class="desk">You can also drop a recording or an image anywhere on this page.</span>
            </p>
            ${examples.length === 0 ? "" : exampleList(examples)}
            <p id="status" role="status"></p>
            <p id="error" class="notice" role="alert" hidden></p>
            <div id="asked" hidden></div>
            <section aria-labelledby="results-title" id="found" hidden>
              <h2 id="results-title">Results</h2>
              <ol id="results"></ol>
            </section>
          </main>
        </div>
      </body>
    </html>
  `;
  return `${page}`.trim();
}

const BUNDLED = html`
  <p class="notice">
    The bundled models are tiny and know only the drawn world of the bundled sample: its shapes, colors and places. For photos,
    index them with published models: <code>deno task index --help</code>.
  </p>
`;

function emptyNotice(index: string): Html {
  return html`
    <p class="notice">
      The index <b>${index}</b> has no images. Stop the server, add some with
      <code>deno task index --images FOLDER --index ${index}</code>, and start it again.
    </p>
  `;
}

function exampleList(examples: readonly Example[]): Html {
  const items = examples.map(({ path, text }, number) =>
    html`
      <li><button type="button" data-example="${number}" data-name="${basename(path)}">
        <span aria-hidden="true">&#9654;</span> ${text}
      </button></li>
    `
  );
  return html`
    <section aria-labelledby="examples-title">
      <h2 id="examples-title">Example recordings</h2>
      <ul id="examples">${items}</ul>
    </section>
  `;
}
