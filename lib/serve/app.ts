/** The routes of the page: the page itself, searches, images, example recordings. */
import { relative } from "@std/path";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { HTTPException } from "hono/http-exception";
import { timeout } from "hono/timeout";
import { InputError } from "../errors.ts";
import { audioType } from "../report/page/media.ts";
import { PAGE_STYLE } from "../report/page/shell.ts";
import { isLoopback, protectiveHeaders, RateLimit, sameOriginOnly } from "./guard.ts";
import { copyOf, SIDES } from "./images.ts";
import type { PageQuery } from "./model_worker.ts";
import { type Example, ICON, pageOf } from "./page.ts";
import style from "./page.css" with { type: "text" };
import script from "./page.js" with { type: "text" };
import { Queue, QueueFull } from "./queue.ts";
import type { Searcher } from "./searcher.ts";

/** What a page shows and how much of it a client may ask for. */
export interface AppOptions {
  /** The name of the index. */
  name: string;
  /** What the server is bound to. */
  hostname: string;
  /** Results of a search. Default 24. */
  top?: number;
  /** Recordings of the bundled sample, which the page offers. Default none. */
  examples?: readonly Example[];
  /** Whether the models are the bundled ones. Default false. */
  bundled?: boolean;
  /** Seconds until a search is given up. Default 120. */
  patience?: number;
  /** Searches a minute of one address. Default 120. */
  searches?: number;
  /** Writes an error of the program. Default: stderr. */
  onFault?: (error: Error) => void;
}

/** Bytes of a recording or an image. */
const MAX_BYTES = 25e6;
/** Characters of typed words. */
const MAX_TEXT = 1000;
/** Images that are made smaller at the same time, and that wait. */
const [COPIES, WAITING_COPIES] = [4, 400];
/** Seconds that an image may take. */
const COPY_SECONDS = 30;

/** Makes the application. Deno's connection is its environment. */
export function createApp(searcher: Searcher, options: AppOptions): Hono<{ Bindings: Deno.ServeHandlerInfo }> {
  const { name: index, hostname, top = 24, examples = [], bundled = false, patience = 120, searches = 120 } = options;
  const { onFault = (error) => console.error(error) } = options;
  const rate = new RateLimit(searches);
  const copies = new Queue(COPIES, WAITING_COPIES);
  const app = new Hono<{ Bindings: Deno.ServeHandlerInfo }>();

  app.use(protectiveHeaders, sameOriginOnly(hostname));
  app.use(async (c, next) => {
    await next();
    if (!c.res.headers.has("cache-control")) c.header("cache-control", "no-store");
  });

  app.get("/", async (c) => {
    const [count, { variant }, local] = [await searcher.count(), searcher, isLoopback(hostname)];
    return c.html(await pageOf({ index, count, variant, examples, bundled, local, maxText: MAX_TEXT }));
  });
  app.get("/page.css", (c) => c.body(`${PAGE_STYLE}${style}`, 200, { "content-type": "text/css; charset=utf-8" }));
  app.get("/icon.svg", (c) => c.body(ICON, 200, { "content-type": "image/svg+xml" }));
  app.get("/page.js", (c) => c.body(script, 200, { "content-type": "text/javascript; charset=utf-8" }));

  app.post(
    "/search",
    timeout(1000 * (patience + 30), new HTTPException(408, { message: "Cannot search as the query did not arrive." })),
    async (c, next) => {
      const { remoteAddr } = c.env;
      if (rate.allows("hostname" in remoteAddr ? remoteAddr.hostname : "")) return await next();
      throw new HTTPException(429, {
        message: `Cannot search as there were ${searches} searches in a minute: wait a minute.`,
      });
    },
    bodyLimit({
      maxSize: MAX_BYTES,
      onError: () => {
        throw new HTTPException(413, {
          message: `Cannot search with this file as it is larger than ${
            MAX_BYTES / 1e6
          } MB: make it smaller, or cut it.`,
        });
      },
    }),
    async (c) => {
      const name = c.req.query("name"); // files have one, words have none
      const type = c.req.header("content-type") ?? "";
      const query: PageQuery = name === undefined
        ? { text: wordsOf(await c.req.text()) }
        : { file: { name: printable(name), type, bytes: new Uint8Array(await c.req.arrayBuffer()) } };
      const giveUp = AbortSignal.timeout(1000 * patience);
      const start = performance.now();
      try {
        const { matches, ...found } = await searcher.search(query, top, AbortSignal.any([c.req.raw.signal, giveUp]));
        const seconds = (performance.now() - start) / 1000;
        const folder = await searcher.folder() ?? "";
        return c.json({
          ...found,
          seconds,
          matches: matches.map(({ id, path, score }) => ({ id, path: relative(folder, path), score })),
        });
      } catch (error) {
        if (error !== giveUp.reason) throw error;
        throw new HTTPException(504, {
          message:
            `Cannot answer as the search took longer than ${patience} s: the model is slow or busy. Try a shorter recording.`,
        });
      }
    },
  );

  app.get("/image/:id{[0-9]{1,9}}/:side", async (c) => {
    const side = c.req.param("side") as keyof typeof SIDES;
    const image = Object.hasOwn(SIDES, side) ? await searcher.image(Number(c.req.param("id"))) : undefined;
    const folder = image && await searcher.folder();
    if (image === undefined || folder === undefined) return c.notFound();
    const signal = AbortSignal.any([c.req.raw.signal, AbortSignal.timeout(1000 * COPY_SECONDS)]);
    const copy = await copies.run(() => copyOf(image, folder, side), signal);
    if (copy === undefined) return c.notFound();
    return c.body(copy, 200, { "content-type": "image/jpeg", "cache-control": "private, max-age=600" });
  });

  app.get("/example/:number{[0-9]{1,4}}", async (c) => {
    const example = examples[Number(c.req.param("number"))];
    if (example === undefined) return c.notFound();
    const bytes = await Deno.readFile(example.path);
    return c.body(bytes, 200, { "content-type": audioType(bytes) ?? "application/octet-stream" });
  });

  app.notFound((c) => c.json({ error: "There is nothing at this address." }, 404));
  app.onError((error, c) => {
    if (error instanceof HTTPException) return c.json({ error: error.message }, error.status);
    if (error instanceof InputError) return c.json({ error: error.message }, 422);
    if (error instanceof QueueFull) {
      return c.json({ error: `Cannot search now as ${error.message}: try again in a moment.` }, 503, {
        "retry-after": "5",
      });
    }
    if (!c.req.raw.signal.aborted) onFault(error); // else the page was closed, or asks for something else
    return c.json({ error: "The server failed: its terminal says why." }, 500);
  });
  return app;
}

function wordsOf(text: string): string {
  if (text.length <= MAX_TEXT) return text;
  throw new InputError(`Cannot search as the text has ${text.length} characters: expected at most ${MAX_TEXT}.`);
}

/** The name of a file, for error messages. */
function printable(name: string): string {
  // deno-lint-ignore no-control-regex -- a message may be printed in a terminal
  return name.replaceAll(/[\x00-\x1f\x7f-\x9f]/g, "").slice(-100);
}
