/** Starts and stops the server. */
import { InputError } from "../errors.ts";
import { type AppOptions, createApp } from "./app.ts";
import type { Searcher } from "./searcher.ts";

/** A server that listens. */
export interface RunningServer {
  /** What to open in a browser. */
  url: string;
  /** Stops listening. Waits for open requests for a second at most. */
  close(): Promise<void>;
}

/** How to listen. */
export interface ListenOptions extends AppOptions {
  /** 0 picks a free one. */
  port: number;
}

/** Milliseconds that open requests have when the server is stopped. */
const GRACE = 1000;

/**
 * Checks that an address and port can be used, before a model is loaded for it.
 *
 * @throws {InputError} if not.
 */
export function checkPort(hostname: string, port: number): void {
  try {
    Deno.listen({ hostname, port }).close();
  } catch (error) {
    throw refusal(error, hostname, port);
  }
}

/**
 * Serves the page of an index.
 *
 * @throws {InputError} if the address or port cannot be used.
 */
export function listen(searcher: Searcher, { port, ...options }: ListenOptions): RunningServer {
  const { hostname } = options;
  const app = createApp(searcher, options);
  let server: Deno.HttpServer<Deno.NetAddr>;
  try {
    server = Deno.serve(
      { hostname, port, onListen: () => {} },
      (request, info) => app.fetch(request, info),
    );
  } catch (error) {
    throw refusal(error, hostname, port);
  }
  const everywhere = hostname === "0.0.0.0" || hostname === "::";
  const shown = everywhere ? "127.0.0.1" : hostname.includes(":") ? `[${hostname}]` : hostname;
  return {
    url: `http://${shown}:${server.addr.port}`,
    async close() {
      const late = Promise.withResolvers<void>();
      const timer = setTimeout(late.resolve, GRACE);
      await Promise.race([server.shutdown(), late.promise]).finally(() => clearTimeout(timer));
    },
  };
}

function refusal(error: unknown, hostname: string, port: number): unknown {
  const place = `${hostname}:${port}`;
  if (error instanceof Deno.errors.AddrInUse) {
    return new InputError(
      `Cannot listen on ${place} as another program uses this port: choose another, such as --port ${port + 1}.`,
    );
  }
  if (error instanceof Deno.errors.NotCapable) {
    return new InputError(
      `Cannot listen on ${place} as the task may listen on 127.0.0.1 and on all addresses (--host 0.0.0.0) only: choose one of ` +
        `these, or grant it with 'deno run -P=train --allow-net=${hostname} lib/cli/main.ts serve --host ${hostname}'.`,
    );
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return new InputError(
      `Cannot listen on ${place} as this user may not use this port: choose one above 1023, such as --port 8000.`,
    );
  }
  if (error instanceof Deno.errors.AddrNotAvailable || error instanceof TypeError || `${error}`.includes("lookup")) {
    return new InputError(
      `Cannot listen on ${place} as this machine has no such address: leave out --host, or use --host 0.0.0.0.`,
    );
  }
  return error;
}
