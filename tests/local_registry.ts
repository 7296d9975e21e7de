/** A registry on this machine, to which the package is published as `deno publish` sends it to JSR. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { ROOT } from "./cli/run.ts";

const PACKAGE = "/@brewclip/brewclip";

/** A registry that serves what was published to it. */
export interface LocalRegistry extends AsyncDisposable {
  /** The value of `JSR_URL`. */
  url: string;
}

/** Publishes the package, with imports as the publishing rewrites them, and serves it. */
export async function publishLocally(version: string): Promise<LocalRegistry> {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, async (request) => {
    const { pathname } = new URL(request.url);
    if (request.method === "POST") {
      const archive = request.body!.pipeThrough(new DecompressionStream("gzip"));
      untar(new Uint8Array(await new Response(archive).arrayBuffer()), files);
      return Response.json({ id: crypto.randomUUID(), status: "success", error: null });
    }
    if (pathname.startsWith("/api/")) {
      if (/\/versions\/[^/]+$/.test(pathname)) return Response.json({ code: "none", message: "" }, { status: 404 });
      return Response.json({});
    }
    if (pathname === `${PACKAGE}/meta.json`) return Response.json({ latest: version, versions: { [version]: {} } });
    if (pathname === `${PACKAGE}/${version}_meta.json`) return Response.json(manifest(files));
    const content = files.get(pathname.slice(`${PACKAGE}/${version}`.length));
    return content === undefined ? new Response(null, { status: 404 }) : new Response(content);
  });
  const url = `http://127.0.0.1:${server.addr.port}/`;
  const args = ["publish", "-q", "--no-check", "--allow-dirty", "--no-provenance", "--token", "none"];
  const env = { JSR_URL: url, DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" };
  const { success, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd: ROOT, env }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return { url, [Symbol.asyncDispose]: () => server.shutdown() };
}

function manifest(files: ReadonlyMap<string, Uint8Array>): unknown {
  const entries = [...files].map(([name, content]) => [name, {
    size: content.length,
    checksum: `sha256-${createHash("sha256").update(content).digest("hex")}`,
  }]);
  const { exports } = JSON.parse(new TextDecoder().decode(files.get("/deno.json")));
  return { manifest: Object.fromEntries(entries), exports };
}

/** The files of a tar archive by their paths, each with a slash before it. */
function untar(archive: Uint8Array<ArrayBuffer>, files: Map<string, Uint8Array<ArrayBuffer>>): void {
  const text = (from: number, length: number): string =>
    new TextDecoder().decode(archive.subarray(from, from + length)).replace(/\0.*$/s, "");
  for (let at = 0; at + 512 <= archive.length && archive[at] !== 0;) {
    const size = parseInt(text(at + 124, 12), 8);
    const [prefix, name] = [text(at + 345, 155), text(at, 100)];
    const kind = text(at + 156, 1);
    const content = archive.slice(at + 512, at + 512 + size);
    if (kind === "0" || kind === "") files.set(`/${prefix ? `${prefix}/` : ""}${name.replace(/^\.?\//, "")}`, content);
    at += 512 + 512 * Math.ceil(size / 512);
  }
}
