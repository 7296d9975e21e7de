/** A server of files on this machine that can break off, lie, and refuse, as servers do. */
import { createHash } from "node:crypto";

/** What went wrong with the next requests of a path. */
export type Fault =
  | { kind: "cut"; bytes: number } // sends so many bytes of what was asked for, then breaks off
  | { kind: "corrupt" } // one byte is another one
  | { kind: "status"; status: number }
  | { kind: "stall"; bytes: number }; // sends so many bytes, then nothing more

/** A request as the server saw it. */
export interface Seen {
  path: string;
  range: string | null;
  authorization: string | null;
  status: number;
}

/** A running server. */
export interface FileServer extends AsyncDisposable {
  /** Its address, without a slash at the end. */
  address: string;
  /** What it was asked for. */
  seen: Seen[];
  /** Faults by path: each is used once, in order. */
  faults: Map<string, Fault[]>;
  /** The files by path. */
  files: Map<string, Uint8Array>;
}

/** How a server answers. */
export interface ServerOptions {
  /** Whether `Range` is honoured. Default yes. */
  ranges?: boolean;
  /** Answers before the files do. */
  before?: (request: Request, path: string) => Response | undefined;
}

/** Starts a server on 127.0.0.1. */
export function serveFiles(files: Record<string, Uint8Array>, options: ServerOptions = {}): FileServer {
  const held = new Map(Object.entries(files));
  const seen: Seen[] = [];
  const faults = new Map<string, Fault[]>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const path = decodeURIComponent(new URL(request.url).pathname);
    const response = options.before?.(request, path) ?? answer(request, path);
    const { headers } = request;
    seen.push({
      path,
      range: headers.get("range"),
      authorization: headers.get("authorization"),
      status: response.status,
    });
    return response;
  });
  const answer = (request: Request, path: string): Response => {
    const fault = faults.get(path)?.shift();
    if (fault?.kind === "status") return new Response("no", { status: fault.status });
    let bytes = held.get(path);
    if (bytes === undefined) return new Response("there is no such file", { status: 404 });
    if (fault?.kind === "corrupt") bytes = bytes.map((byte, i) => i === bytes!.length >> 1 ? byte ^ 1 : byte);
    return send(request, bytes, fault, options.ranges ?? true);
  };
  return {
    address: `http://127.0.0.1:${server.addr.port}`,
    seen,
    faults,
    files: held,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

function send(request: Request, bytes: Uint8Array, fault: Fault | undefined, ranges: boolean): Response {
  const etag = `"${createHash("sha1").update(bytes).digest("hex")}"`;
  const asked = /^bytes=(\d+)-(\d*)$/.exec(ranges ? request.headers.get("range") ?? "" : "");
  const same = [null, etag].includes(request.headers.get("if-range"));
  const from = asked !== null && same ? Number(asked[1]) : 0;
  const to = asked !== null && same && asked[2] !== "" ? Math.min(Number(asked[2]) + 1, bytes.length) : bytes.length;
  if (from > 0 && from >= bytes.length) {
    return new Response(null, { status: 416, headers: { "content-range": `bytes */${bytes.length}` } });
  }
  const part = bytes.slice(from, to);
  const headers: Record<string, string> = { etag, "content-length": String(part.length) };
  const partial = asked !== null && same;
  if (partial) headers["content-range"] = `bytes ${from}-${to - 1}/${bytes.length}`;
  const status = partial ? 206 : 200;
  if (fault?.kind !== "cut" && fault?.kind !== "stall") return new Response(part, { status, headers });
  const body = new ReadableStream({
    async start(controller): Promise<void> {
      controller.enqueue(part.slice(0, fault.bytes));
      await new Promise((resolve) => setTimeout(resolve, 50)); // lets the bytes go out first
      if (fault.kind === "cut") controller.close();
    },
  });
  return new Response(body, { status, headers });
}

/** Bytes that look like nothing, the same for the same seed. */
export function noise(length: number, seed: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let state = seed * 2654435761 >>> 0 || 1;
  for (let i = 0; i < length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state;
  }
  return bytes;
}

/** A digest in hexadecimal digits, by the program that everybody has. */
export async function digestByProgram(program: "sha256sum" | "md5sum", bytes: Uint8Array): Promise<string> {
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeFile(file, bytes);
    const { stdout } = await new Deno.Command(program, { args: [file], stdout: "piped" }).output();
    return new TextDecoder().decode(stdout).split(" ")[0] as string;
  } finally {
    await Deno.remove(file);
  }
}
