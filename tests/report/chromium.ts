/** The browser that tests look at pages with. */
import { findChromium, NO_CHROMIUM } from "../../lib/report/export/chromium.ts";

/** Its program; undefined if there is none, or if a bare machine is played (see `tests/bare_path.ts`). */
export const chromium: string | undefined = Deno.env.get("BREWCLIP_BARE") ? undefined : await findChromium();

if (chromium === undefined) console.error(`no page is looked at in a browser: ${NO_CHROMIUM}`);
