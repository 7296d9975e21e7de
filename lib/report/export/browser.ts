/**
 * A browser that nobody sees, and that never outlives what it is for.
 *
 * @module
 */
import puppeteer, { type Browser, type Page } from "puppeteer-core";
import { InputError, messageOf } from "../../errors.ts";

/** The exit code of a process that was stopped by the user. */
const INTERRUPTED = 130;

/** Nothing is fetched, nothing is stored; root, as in a container, may start it. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--no-first-run",
  "--disable-extensions",
  "--disable-dev-shm-usage",
  "--disable-renderer-backgrounding",
  "--disable-backgrounding-occluded-windows",
  "--font-render-hinting=none",
  "--force-color-profile=srgb",
];

/** An open browser. */
export interface OpenBrowser {
  /** An empty page. */
  page(): Promise<Page>;
  /** Ends the browser and removes its profile; may be called twice. */
  close(): Promise<void>;
}

/**
 * Starts a browser. It ends with the process too. While it is open, Ctrl-C and SIGTERM end it and the process, with code 130:
 * what is written meanwhile must be written as `writeAtomic` does.
 *
 * @param path its program, from `findChromium`
 * @param temporary a folder for its profile. Default: the system's
 * @throws {InputError} where it cannot be started.
 */
export async function openBrowser(path: string, temporary?: string): Promise<OpenBrowser> {
  const profile = await Deno.makeTempDir({ dir: temporary, prefix: "brewclip-browser-" });
  let browser: Browser;
  try {
    browser = await puppeteer.launch({
      executablePath: path,
      headless: true,
      pipe: true,
      args: FLAGS,
      userDataDir: profile,
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
    });
  } catch (error) {
    await removed(profile);
    const [reason] = messageOf(error).split("\n");
    throw new InputError(
      `Cannot start the browser '${path}': ${reason}. Set CHROME_PATH to a Chromium or Chrome that starts with --headless.`,
    );
  }
  const child = browser.process();
  const kill = (): void => {
    child?.kill("SIGKILL");
    try {
      Deno.removeSync(profile, { recursive: true });
    } catch {
      // A file that still changes stays behind in the system's temporary folder.
    }
  };
  const interrupt = (): void => {
    kill();
    Deno.exit(INTERRUPTED);
  };
  const signals: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
  globalThis.addEventListener("unload", kill);
  for (const signal of signals) Deno.addSignalListener(signal, interrupt);
  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    globalThis.removeEventListener("unload", kill);
    for (const signal of signals) Deno.removeSignalListener(signal, interrupt);
    await browser.close().catch(() => child?.kill("SIGKILL"));
    await removed(profile);
  };
  return { page: () => browser.newPage(), close: () => closed ??= close() };
}

/** Removes a profile; the browser's children may still write into it for a moment. */
async function removed(profile: string): Promise<void> {
  for (let tries = 0; tries < 20; tries++) {
    try {
      return await Deno.remove(profile, { recursive: true });
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
