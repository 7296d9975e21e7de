import assert from "node:assert/strict";
import { join } from "@std/path";
import sharp from "sharp";
import { InputError } from "../../lib/errors.ts";
import { type AppOptions, createApp } from "../../lib/serve/app.ts";
import { RateLimit } from "../../lib/serve/guard.ts";
import { listen } from "../../lib/serve/listen.ts";
import { QueueFull } from "../../lib/serve/queue.ts";
import type { Searcher } from "../../lib/serve/searcher.ts";
import { temporaryFolder } from "../temporary.ts";
import { givenSearcher, indexed } from "./searcher.ts";

const INFO = { remoteAddr: { transport: "tcp", hostname: "127.0.0.1", port: 5 } } as Deno.ServeHandlerInfo;

type Headers = Record<string, string>;
type Init = Omit<RequestInit, "headers"> & { headers?: Headers };
type Ask = (path: string, init?: Init) => Promise<Response>;

function appOf(searcher: Searcher, options: Partial<AppOptions> = {}): Ask {
  const app = createApp(searcher, { name: "photos", hostname: "127.0.0.1", ...options });
  return async (path, { headers, ...init } = {}) => {
    const all = { host: "127.0.0.1:8000", ...headers };
    return await app.fetch(new Request(`http://127.0.0.1:8000${path}`, { ...init, headers: all }), INFO);
  };
}

const text = (body: string, headers: Headers = {}): Init => ({
  method: "POST",
  body,
  headers: { "content-type": "text/plain", ...headers },
});

/** A folder with an image, and an image outside of it. */
async function twoImages(): Promise<{ inside: string; image: string; outside: string }> {
  const folder = await Deno.realPath(await temporaryFolder());
  const inside = join(folder, "photos");
  await Deno.mkdir(inside);
  const [image, outside] = [join(inside, "a.png"), join(folder, "secret.png")];
  const size = { width: 900, height: 600, channels: 3 as const };
  await sharp({ create: { ...size, background: "#d02030" } }).png().toFile(image);
  await sharp({ create: { ...size, background: "#2030d0" } }).png().toFile(outside);
  return { inside, image, outside };
}

Deno.test("a search is answered with paths relative to the folder, and never stored by the browser", async () => {
  const { inside, image } = await twoImages();
  const queries: unknown[] = [];
  const ask = appOf(givenSearcher(inside, [await indexed(image)], (query) => Promise.resolve(queries.push(query))));
  const response = await ask("/search", text("a red house"));
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("cache-control"), "no-store");
  const { seconds, ...answer } = await response.json();
  assert.ok(seconds >= 0 && seconds < 5);
  assert.deepEqual(answer, { kind: "text", matches: [{ id: 0, path: "a.png", score: 1 }] });
  const bytes = Uint8Array.of(1, 2, 3);
  await ask("/search?name=x%00%1b[31m.jpg", { method: "POST", body: bytes, headers: { "content-type": "image/jpeg" } });
  assert.deepEqual(queries, [{ text: "a red house" }, { file: { name: "x[31m.jpg", type: "image/jpeg", bytes } }]);
});

Deno.test("images are sent as JPEG in two sizes, by their number in the index alone", async () => {
  const { inside, image } = await twoImages();
  const ask = appOf(givenSearcher(inside, [await indexed(image)]));
  for (const [side, width] of [["small", 400], ["large", 900]] as const) {
    const response = await ask(`/image/0/${side}`);
    assert.equal(response.headers.get("content-type"), "image/jpeg");
    const copy = sharp(new Uint8Array(await response.arrayBuffer()));
    assert.equal((await copy.metadata()).width, width);
    const { dominant: { r, b } } = await copy.stats();
    assert.ok(r > 150 && b < 100);
  }
  for (
    const path of [
      "/image/1/small",
      "/image/0/huge",
      "/image/0/constructor",
      "/image/-1/small",
      "/image/99999999999/small",
      "/image/../secret.png",
      "/image/%2e%2e%2fsecret.png/small",
      "/image/..%2f..%2f..%2fetc%2fpasswd",
      "//etc/passwd",
      "/example/0",
      "/deno.json",
    ]
  ) {
    const response = await ask(path);
    assert.equal(response.status, 404, path);
    assert.deepEqual(await response.json(), { error: "There is nothing at this address." });
  }
});

Deno.test({
  name: "a link that leads out of the folder, and an image that changed, are not sent",
  ignore: Deno.build.os === "windows",
}, async () => {
  const { inside, image, outside } = await twoImages();
  const [file, folder, within] = ["link.png", "linked", "within.png"].map((name) => join(inside, name));
  await Deno.symlink(outside, file!);
  await Deno.symlink(join(inside, ".."), folder!);
  await Deno.symlink(image, within!);
  const images = await Promise.all([image, file!, join(folder!, "secret.png"), within!].map(indexed));
  const ask = appOf(givenSearcher(inside, images));
  const statuses = async () => await Promise.all(images.map(async (_, id) => (await ask(`/image/${id}/small`)).status));
  assert.deepEqual(await statuses(), [200, 404, 404, 200]);
  await Deno.remove(image);
  await Deno.symlink(outside, image); // exchanged after it was indexed
  assert.deepEqual(await statuses(), [404, 404, 404, 404]);
  await Deno.remove(image);
  await Deno.writeTextFile(image, "not an image");
  images[0] = await indexed(image);
  assert.deepEqual(await statuses(), [404, 404, 404, 404]);
});

Deno.test("requests under a foreign name or from a foreign page are refused", async () => {
  const { inside } = await twoImages();
  const local = appOf(givenSearcher(inside, []));
  const open = appOf(givenSearcher(inside, []), { hostname: "0.0.0.0" });
  const search = async (ask: Ask, headers: Headers) => (await ask("/search", text("a", headers))).status;
  for (const host of ["127.0.0.1:8000", "localhost:8000", "LOCALHOST:9", "[::1]:8000", "127.0.0.1"]) {
    assert.equal(await search(local, { host }), 200, host);
  }
  for (
    const host of ["evil.example:8000", "127.0.0.1.evil.example", "192.168.1.7:8000", "localhost.evil", "", "a b"]
  ) {
    assert.equal(await search(local, { host }), 421, host);
  }
  assert.equal(await search(open, { host: "192.168.1.7:8000" }), 200);
  assert.equal(await search(open, { host: "[fe80::1]:8000" }), 200);
  assert.equal(await search(open, { host: "evil.example:8000" }), 421);
  assert.equal(await search(local, { origin: "http://127.0.0.1:8000", "sec-fetch-site": "same-origin" }), 200);
  for (const origin of ["http://evil.example", "http://localhost:8000", "http://127.0.0.1:9000", "null"]) {
    assert.equal(await search(local, { origin }), 403, origin);
  }
  const foreign = { "sec-fetch-site": "cross-site" };
  assert.equal((await local("/", { headers: { ...foreign, "sec-fetch-mode": "no-cors" } })).status, 403);
  assert.equal((await local("/", { headers: { ...foreign, "sec-fetch-mode": "navigate" } })).status, 200, "a link");
});

Deno.test("the content security policy allows nothing foreign or inline, and the page needs neither", async () => {
  const { inside } = await twoImages();
  const examples = [{ path: "x", text: '<img src=x onerror="alert(1)">' }];
  const response = await appOf(givenSearcher(inside, []), { examples })("/");
  const policy = response.headers.get("content-security-policy") ?? "";
  for (const directive of policy.split("; ")) assert.match(directive, /^[a-z-]+( ('none'|'self'|blob:|'script'))+$/);
  assert.match(policy, /default-src 'none'/);
  assert.match(policy, /script-src 'self';/);
  assert.equal(response.headers.get("x-content-type-options"), "nosniff");
  assert.equal(response.headers.get("referrer-policy"), "no-referrer");
  const page = await response.text();
  assert.doesNotMatch(
    page,
    /<style|style=|<script(?! src="\/page\.js")|<[^>]* on\w+=|https?:\/\/(?!www\.w3\.org\/2000\/svg)/,
  );
  assert.match(page, /&lt;img src=x/);
});

Deno.test("requests are limited in size, number and time", async () => {
  const { inside } = await twoImages();
  const errorOf = async (ask: Ask, init: Init) => {
    const response = await ask("/search", init);
    return [response.status, (await response.json()).error];
  };
  const quick = appOf(givenSearcher(inside, []), { searches: 3 });
  const large = new Uint8Array(25e6 + 1);
  const [tooLarge, why] = await errorOf(quick, {
    method: "POST",
    body: large,
    headers: { "content-length": String(large.length) },
  });
  assert.equal(tooLarge, 413);
  assert.match(why, /larger than 25 MB: make it smaller, or cut it/);
  const endless = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(1e6)) });
  assert.equal((await errorOf(quick, { method: "POST", body: endless }))[0], 413);
  const [tooLong, rule] = await errorOf(quick, text("x".repeat(1001)));
  assert.equal(tooLong, 422);
  assert.match(rule, /1001 characters: expected at most 1000/);
  assert.equal((await errorOf(quick, text("a")))[0], 429);

  const never = (_: unknown, signal: AbortSignal) =>
    new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  const [gaveUp, patience] = await errorOf(appOf(givenSearcher(inside, [], never), { patience: 0.05 }), text("a"));
  assert.equal(gaveUp, 504);
  assert.match(patience, /took longer than 0\.05 s/);
  const full = givenSearcher(inside, [], () => Promise.reject(new QueueFull("16 jobs are waiting already")));
  const busy = "Cannot search now as 16 jobs are waiting already: try again in a moment.";
  assert.deepEqual(await errorOf(appOf(full), text("a")), [503, busy]);
});

Deno.test("what a user can fix is said, a fault of the program is not", async () => {
  const { inside } = await twoImages();
  const faults: string[] = [];
  const failing = (error: Error) =>
    appOf(givenSearcher(inside, [], () => Promise.reject(error)), { onFault: ({ message }) => faults.push(message) });
  const input = await failing(new InputError("Cannot read audio 'x' as it is silent."))("/search", text("a"));
  assert.deepEqual([input.status, await input.json()], [422, { error: "Cannot read audio 'x' as it is silent." }]);
  const fault = await failing(new Error("/home/me/secret"))("/search", text("a"));
  assert.deepEqual([fault.status, await fault.json()], [500, { error: "The server failed: its terminal says why." }]);
  assert.deepEqual(faults, ["/home/me/secret"]);
});

Deno.test("an address may ask so often in any minute", () => {
  const limit = new RateLimit(2);
  const asked = [["a", 0], ["a", 1], ["b", 2], ["a", 3], ["a", 60_001], ["a", 60_002], ["b", 60_003]] as const;
  const allowed = asked.map(([address, now]) => limit.allows(address, now));
  assert.deepEqual(allowed, [true, true, true, false, true, true, true]);
});

Deno.test("a server that is stopped does not wait for a long search", async () => {
  const [started, release] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const searcher = givenSearcher("", [], async () => {
    started.resolve();
    await release.promise;
  });
  const server = listen(searcher, { name: "photos", hostname: "127.0.0.1", port: 0 });
  const asked = fetch(`${server.url}/search`, text("a"));
  await started.promise;
  const start = performance.now();
  await server.close();
  assert.ok(performance.now() - start < 10_000);
  release.resolve();
  assert.deepEqual((await (await asked).json()).matches, []);
});
