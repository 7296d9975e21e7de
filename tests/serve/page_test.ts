/** The page in a real browser, with the bundled models and a microphone that plays a recording of the sample. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import type { Page } from "puppeteer-core";
import { readAudio } from "../../lib/audio/read_audio.ts";
import { chromium } from "../report/chromium.ts";
import { type OpenBrowser, openBrowser } from "../../lib/report/export/exporter.ts";
import { listen, type RunningServer } from "../../lib/serve/listen.ts";
import type { Searcher } from "../../lib/serve/searcher.ts";
import { wav } from "../audio/wav.ts";
import { temporaryFolder } from "../temporary.ts";
import { givenSearcher, SAMPLE, sampleSearcher } from "./searcher.ts";

/** A window behind another draws no frames, so that waiting must not count them. */
const PATIENCE = { timeout: 120_000, polling: 100 };
/** Milliseconds of a step, and of closing. */
const [LONGEST, CLOSING] = [150_000, 20_000];
const [SPOKEN, OTHER] = [SAMPLE[1]!, SAMPLE[3]!];

const serve = (searcher: Searcher, port = 0): RunningServer =>
  listen(searcher, {
    name: "photos",
    hostname: "127.0.0.1",
    port,
    top: 5,
    bundled: true,
    examples: [{ path: OTHER.recording, text: OTHER.words }],
  });

/** Ends what hangs, since the browser's own limits add up to many minutes. */
async function within<T>(time: number, what: string, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`${what} did not end within ${time / 1000} s`)), time);
  return await Promise.race([work, late.promise]).finally(() => clearTimeout(timer));
}

/** Runs steps of a test. Once one hangs, the rest fail at once. */
function stepsOf(t: Deno.TestContext): (name: string, work: () => Promise<void>) => Promise<void> {
  let hung: unknown;
  return async (name, work) =>
    void await t.step(name, async () => {
      if (hung !== undefined) throw hung;
      const start = performance.now();
      await within(LONGEST, `'${name}'`, work()).catch((error) => {
        if (performance.now() - start >= LONGEST) hung = error;
        throw error;
      });
    });
}

/** A page, and what goes wrong in it: messages of its console, failed and foreign requests. */
async function open(browser: OpenBrowser, { url }: RunningServer): Promise<{ page: Page; wrong: string[] }> {
  const page = await browser.page();
  await page.setViewport({ width: 1280, height: 1400 }); // so that the page does not scroll to its results
  const wrong: string[] = [];
  page.on("console", (message) => wrong.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => wrong.push(`error: ${String(error)}`));
  page.on("request", (request) => {
    // Chromium's own player has data: icons, which are no request of the page.
    if (!request.url().startsWith(`${url}/`) && !/^(blob|data):/.test(request.url())) {
      wrong.push(`foreign: ${request.url()}`);
    }
  });
  await page.goto(url, { waitUntil: "load" });
  return { page, wrong };
}

interface Seen {
  words: string;
  label: string;
  status: string;
  error: string;
  paths: string[];
  scores: number[];
  shown: number;
}

/** What a reader sees after an answer or an error. */
async function answer(page: Page): Promise<Seen> {
  await page.bringToFront(); // images of a window behind another are not loaded
  await page.waitForFunction(
    `/^\\d+ images? in/.test(document.querySelector("#status").textContent) || !document.querySelector("#error").hidden`,
    PATIENCE,
  ).catch(async (cause) => {
    throw new Error(`no answer; the page says '${await page.$eval("#status", (status) => status.textContent)}'`, {
      cause,
    });
  });
  await page.waitForFunction(
    `[...document.querySelectorAll("#results img")].every((image) => image.complete)`,
    PATIENCE,
  );
  return await page.evaluate(`({
    words: document.querySelector("#words").value,
    label: document.querySelector("#words-label").textContent,
    status: document.querySelector("#status").textContent,
    error: document.querySelector("#error").hidden ? "" : document.querySelector("#error").textContent,
    paths: [...document.querySelectorAll("#results li")].map((item) => item.querySelector("img").alt),
    scores: [...document.querySelectorAll("#results b")].map((score) => Number(score.textContent)),
    shown: [...document.querySelectorAll("#results img")].filter(({ naturalWidth }) => naturalWidth > 0).length,
  })`) as Seen;
}

/** Forgets the last answer, so that the next one is waited for. */
const forget = (page: Page) => page.evaluate(`document.querySelector("#status").textContent = ""`);

async function type(page: Page, words: string): Promise<void> {
  await page.evaluate(`document.querySelector("#words").value = ""`);
  await page.type("#words", words);
  await page.keyboard.press("Enter");
}

/** Drops a file on the page, as bytes of base64. */
async function drop(page: Page, name: string, mime: string, bytes: Uint8Array): Promise<void> {
  await page.evaluate(`{
    const dataTransfer = new DataTransfer();
    const bytes = Uint8Array.from(atob(${JSON.stringify(bytes.toBase64())}), (c) => c.charCodeAt(0));
    dataTransfer.items.add(new File([bytes], ${JSON.stringify(name)}, { type: ${JSON.stringify(mime)} }));
    document.body.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
  }`);
}

/** Records the microphone as the page does. */
async function recordWebm(page: Page, seconds: number): Promise<Uint8Array> {
  const base64 = await page.evaluate(`(async () => {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    const recorder = new MediaRecorder(stream, { mimeType: "audio/webm;codecs=opus" });
    const recorded = new Promise((resolve) => recorder.ondataavailable = ({ data }) => resolve(data));
    recorder.start();
    await new Promise((resolve) => setTimeout(resolve, ${1000 * seconds}));
    recorder.stop();
    const bytes = new Uint8Array(await (await recorded).arrayBuffer());
    stream.getTracks().forEach((track) => track.stop());
    let text = "";
    for (const byte of bytes) text += String.fromCharCode(byte);
    return btoa(text);
  })()`);
  return Uint8Array.fromBase64(base64 as string);
}

/** A word or two may be lost where the loop of the microphone begins. */
function assertSpoken(transcript: string): void {
  const words = new Set(transcript.split(" "));
  const found = SPOKEN.words.split(" ").filter((word) => words.has(word)).length;
  assert.ok(found >= 0.6 * SPOKEN.words.split(" ").length, `'${transcript}' for '${SPOKEN.words}'`);
}

Deno.test({ name: "a reader finds images with the page", ignore: chromium === undefined }, async (t) => {
  const step = stepsOf(t);
  const folder = await temporaryFolder();
  const voice = join(folder, "voice.wav");
  const samples = await readAudio(SPOKEN.recording);
  const seconds = samples.length / 16000 + 0.5;
  const padded = new Float32Array(16000 * seconds);
  padded.set(samples, 4000);
  await Deno.writeFile(voice, wav([padded], 16000));
  // Before the model: a fork while OpenBLAS computes in another thread stops its threads, and the product never ends.
  const starting = openBrowser(chromium!, folder, [
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    `--use-file-for-fake-audio-capture=${voice}`,
    "--autoplay-policy=no-user-gesture-required",
  ]);
  const browser = await within(LONGEST, "starting the browser", starting);
  const searcher = await within(LONGEST, "indexing and loading the model", sampleSearcher(folder));
  const server = serve(searcher);
  try {
    const { page, wrong } = await open(browser, server);
    const looked = (name: string, work: () => Promise<void>) =>
      step(name, async () => {
        await forget(page);
        await work();
        assert.deepEqual(wrong.splice(0), []);
      });

    await looked("by typing", async () => {
      await type(page, SPOKEN.words);
      const { paths, scores, shown, status, error } = await answer(page);
      const { matches } = await searcher.search({ text: SPOKEN.words }, 5, new AbortController().signal);
      assert.deepEqual(paths, matches.map(({ path }) => path.split(/[\\/]/).at(-1)));
      assert.deepEqual(scores, matches.map(({ score }) => Number(score.toFixed(3))));
      assert.equal(shown, 5);
      assert.match(
        status,
        new RegExp(`^5 images in [\\d.]+ s\\. The best is ${paths[0]}, with a score of ${scores[0]}`),
      );
      assert.equal(error, "");
    });

    await looked("by holding the button, then by correcting the transcript", async () => {
      const box = (await (await page.$("#speak"))!.boundingBox())!;
      await page.mouse.move(box.x + 20, box.y + 20);
      await page.mouse.down();
      await page.waitForFunction(
        `document.querySelector("#speak-label").textContent.startsWith("Recording")`,
        PATIENCE,
      );
      assert.equal(await page.$eval("#speak", (button) => button.getAttribute("aria-pressed")), "true");
      await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
      await page.mouse.up();
      const spoken = await answer(page);
      assert.equal(spoken.error, "");
      assertSpoken(spoken.words);
      assert.equal(spoken.label, "Transcript: edit it and search again");
      assert.equal(await page.$eval("#speak", (button) => button.getAttribute("aria-pressed")), "false");
      assert.equal(await page.$$eval("#asked audio", ({ length }) => length), 1, "it can be played again");
      await forget(page);
      await type(page, OTHER.words);
      const corrected = await answer(page);
      assert.equal(corrected.label, "Words");
      assert.notDeepEqual(corrected.scores, spoken.scores);
    });

    await looked("by the space bar, and by two short presses", async () => {
      await page.evaluate("document.activeElement.blur()");
      await page.keyboard.down("Space");
      await page.waitForFunction(
        `document.querySelector("#speak-label").textContent.startsWith("Recording")`,
        PATIENCE,
      );
      await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
      await page.keyboard.up("Space");
      assertSpoken((await answer(page)).words);
      await forget(page);
      await page.focus("#speak");
      await page.keyboard.press("Enter");
      await page.waitForFunction(
        `document.querySelector("#speak-label").textContent.startsWith("Recording")`,
        PATIENCE,
      );
      await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
      await page.keyboard.press("Enter");
      assertSpoken((await answer(page)).words);
      await forget(page);
      await page.focus("#words");
      await page.keyboard.type(" a b ");
      assert.match(await page.$eval("#words", (input) => (input as unknown as { value: string }).value), / a b $/);
      assert.equal(await page.$eval("#speak-label", ({ textContent }) => textContent), "Hold to speak");
    });

    await looked("by choosing a WebM recording", async () => {
      const file = join(folder, "question.webm");
      await Deno.writeFile(file, await recordWebm(page, seconds));
      await (await page.$("input[type=file]") as unknown as { uploadFile(path: string): Promise<void> }).uploadFile(
        file,
      );
      const { words, error } = await answer(page);
      assert.equal(error, "");
      assertSpoken(words);
    });

    await looked("by dropping an image", async () => {
      await drop(page, "7.jpg", "image/jpeg", await Deno.readFile(SAMPLE[7]!.image));
      const { paths, scores, words } = await answer(page);
      assert.equal(paths[0], "7.jpg");
      assert.ok(scores[0]! > 0.99);
      assert.equal(words, "");
    });

    await looked("by an example, which plays", async () => {
      await page.click("[data-example]");
      const { words } = await answer(page);
      const file = { name: "a", type: "audio/ogg", bytes: await Deno.readFile(OTHER.recording) };
      const { transcript } = await searcher.search({ file }, 1, new AbortController().signal);
      assert.equal(words, transcript);
      await page.waitForFunction("document.querySelector('#asked audio').currentTime > 0", PATIENCE);
    });

    await step("and is told what to do about a file that cannot be read, or no words", async () => {
      await forget(page);
      await drop(page, "notes.pdf", "application/pdf", new TextEncoder().encode("%PDF-1.7"));
      const { error, status } = await answer(page);
      assert.match(error, /Cannot read image 'notes\.pdf' as it is a PDF document, which is not read: convert it/);
      assert.equal(status, "");
      await page.evaluate(
        `document.querySelector("#words").value = ""; document.querySelector("#error").hidden = true`,
      );
      await page.click("button[type=submit]");
      assert.match((await answer(page)).error, /Type some words/);
      assert.deepEqual(wrong.splice(0).filter((line) => !/status of 422/.test(line)), []);
    });

    await looked("on a phone and a wide screen, by day and by night", async () => {
      await type(page, OTHER.words);
      await answer(page);
      const grounds: unknown[] = [];
      for (const [width, value] of [[1280, "light"], [1280, "dark"], [390, "light"], [390, "dark"]] as const) {
        await page.setViewport({ width, height: 800 });
        await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value }]);
        assert.equal(await page.evaluate("document.documentElement.scrollWidth"), width, "nothing is wider");
        grounds.push(await page.evaluate("getComputedStyle(document.body).backgroundColor"));
      }
      assert.notEqual(grounds[0], grounds[1]);
      assert.deepEqual(grounds.slice(2), grounds.slice(0, 2));
    });

    await looked("by a keyboard and a screen reader: each control has a name and can be reached", async () => {
      await page.reload();
      const names: string[] = [];
      for (let i = 0; i < 5; i++) {
        await page.keyboard.press("Tab");
        names.push(
          await page.evaluate(`(({ labels, textContent }) =>
            (labels[0]?.textContent ?? textContent).trim().replaceAll(/\\s+/g, " "))(document.activeElement)`) as string,
        );
      }
      assert.deepEqual(names, [
        "Hold to speak",
        "Words",
        "Search",
        "Choose a recording or an image",
        `\u25b6 ${OTHER.words}`,
      ]);
      assert.equal(await page.$$eval("[role=status], [role=alert]", ({ length }) => length), 2);
      await type(page, OTHER.words);
      await answer(page);
      await page.focus("[data-example]");
      await page.keyboard.press("Tab");
      assert.equal(
        await page.evaluate("document.activeElement.querySelector('img').alt !== ''"),
        true,
        "the first result",
      );
    });

    await step("two windows at once have an answer each", async () => {
      const others = await Promise.all([open(browser, server), open(browser, server)]);
      const files = [SAMPLE[5]!, SAMPLE[9]!];
      for (const [i, { page }] of others.entries()) {
        await drop(page, "image.jpg", "image/jpeg", await Deno.readFile(files[i]!.image));
      }
      const best: string[] = [];
      for (const { page } of others) best.push((await answer(page)).paths[0]!);
      assert.deepEqual(best, ["5.jpg", "9.jpg"]);
      for (const { page, wrong } of others) {
        assert.deepEqual(wrong, []);
        await page.close();
      }
    });

    await step("a slow model is said to be slow, and a new search replaces the old one", async () => {
      const first = Promise.withResolvers<void>();
      let searches = 0;
      const slow: Searcher = {
        ...searcher,
        search: async (...query) => {
          if (searches++ === 0) await first.promise;
          return await searcher.search(...query);
        },
      };
      const server = serve(slow);
      const { page, wrong } = await open(browser, server);
      await type(page, SPOKEN.words);
      const waits = `/^Still searching/.test(document.querySelector("#status").textContent)`;
      await page.waitForFunction(waits, PATIENCE);
      const second = await open(browser, server);
      await drop(second.page, "image.jpg", "image/jpeg", await Deno.readFile(SAMPLE[2]!.image));
      assert.equal((await answer(second.page)).paths[0], "2.jpg", "the server answers others meanwhile");
      await forget(page);
      await drop(page, "image.jpg", "image/jpeg", await Deno.readFile(SAMPLE[4]!.image));
      first.resolve();
      assert.equal((await answer(page)).paths[0], "4.jpg");
      assert.deepEqual([...wrong, ...second.wrong], []);
      await page.close();
      await second.page.close();
      await server.close();
    });

    await step("a server that was stopped is reported, and the page goes on with the next", async () => {
      const server = serve(searcher);
      const { page } = await open(browser, server);
      await server.close();
      await type(page, OTHER.words);
      assert.match((await answer(page)).error, /^The server does not answer: it was stopped\. Start it again/);
      const again = serve(searcher, Number(new URL(server.url).port));
      await page.keyboard.press("Enter");
      await page.waitForFunction(`document.querySelectorAll("#results li").length === 5`, PATIENCE);
      const { error, shown } = await answer(page);
      assert.deepEqual([error, shown], ["", 5]);
      await page.close();
      await again.close();
    });

    await step("an empty index says how to fill it", async () => {
      const server = serve(givenSearcher("", []));
      const { page, wrong } = await open(browser, server);
      assert.match(
        await page.$eval("header", ({ textContent }) => textContent ?? ""),
        /deno task index --images FOLDER --index photos/,
      );
      await type(page, "a dog");
      const { status, paths } = await answer(page);
      assert.match(status, /^0 images in/);
      assert.deepEqual([paths, wrong], [[], []]);
      await server.close();
    });
  } finally {
    await within(CLOSING, "closing the browser", browser.close());
    await within(CLOSING, "closing the server", server.close());
    await within(CLOSING, "closing the model", Promise.resolve(searcher[Symbol.asyncDispose]()));
  }
});
