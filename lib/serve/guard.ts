/** Which requests are answered at all, and the headers of every response. */
import type { MiddlewareHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import { secureHeaders } from "hono/secure-headers";

/** Names that always mean this machine. */
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;
const ADDRESS = /^(\d{1,3}(\.\d{1,3}){3}|\[[\da-f:.]+\])$/;

/** Whether a server that is bound to this name or address can be reached from this machine only. */
export function isLoopback(hostname: string): boolean {
  return LOOPBACK.test(hostname) || hostname === "::1";
}

/**
 * Refuses requests under a foreign name or from a foreign page. A page of the internet can let its own name point to
 * 127.0.0.1 (DNS rebinding), so `Host` must be a name of this machine, or an address where the server is bound to a network.
 *
 * @param hostname what the server is bound to
 */
export function sameOriginOnly(hostname: string): MiddlewareHandler {
  const known = (host: string): boolean =>
    LOOPBACK.test(host) || host === hostname || (!isLoopback(hostname) && ADDRESS.test(host));
  return async (c, next) => {
    const host = c.req.header("host") ?? "";
    const name = URL.parse(`http://${host}`)?.hostname ?? "";
    if (!known(name)) {
      throw new HTTPException(421, {
        message: `Cannot answer requests for '${
          host.slice(0, 100)
        }': open the address that the terminal shows, or the machine's IP address.`,
      });
    }
    const origin = c.req.header("origin");
    const site = c.req.header("sec-fetch-site") ?? "none";
    const opened = c.req.header("sec-fetch-mode") === "navigate" && c.req.method === "GET"; // a link from another page
    if ((origin !== undefined && URL.parse(origin)?.host !== host) || !(/^(none|same-origin)$/.test(site) || opened)) {
      throw new HTTPException(403, { message: "Cannot answer requests of another page: open this one by itself." });
    }
    await next();
  };
}

/** Everything comes from this server; `blob:` is a recording or an image that was chosen in the page itself. */
export const protectiveHeaders: MiddlewareHandler = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'", "blob:"],
    mediaSrc: ["'self'", "blob:"],
    connectSrc: ["'self'"],
    formAction: ["'none'"],
    baseUri: ["'none'"],
    frameAncestors: ["'none'"],
    requireTrustedTypesFor: ["'script'"],
    trustedTypes: ["'none'"],
  },
  permissionsPolicy: { microphone: ["self"], camera: [], geolocation: [], displayCapture: [] },
  referrerPolicy: "no-referrer",
  strictTransportSecurity: false, // this is http
  xFrameOptions: "DENY",
});

/** Lets each address ask so many times a minute. */
export class RateLimit {
  readonly #most: number;
  readonly #asked = new Map<string, number[]>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Whether an address may ask now, in milliseconds of a clock. */
  allows(address: string, now = performance.now()): boolean {
    for (const [other, times] of this.#asked) if (times.at(-1)! < now - MINUTE) this.#asked.delete(other);
    const recent = (this.#asked.get(address) ?? []).filter((time) => time > now - MINUTE);
    if (recent.length >= this.#most) return false;
    this.#asked.set(address, [...recent, now]);
    return true;
  }
}

const MINUTE = 60_000;
