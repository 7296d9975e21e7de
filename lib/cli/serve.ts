/** `serve`: a page in which a browser searches an index. */
import { Command } from "commander";
import { lazily } from "../lazily.ts";
import type { OptionTable } from "../options.ts";
import { addOptions } from "./options.ts";
import { PLACE, type PlaceOptions } from "./search.ts";

/** The values of the options. */
export type ServeOptions = Partial<PlaceOptions> & {
  port: number;
  host: string;
};

const OPTIONS: OptionTable<ServeOptions> = {
  index: {
    flags: "--index <name>",
    help: "the index, made with deno task index",
    value: { kind: "text" },
    unset: "the test images of the bundled sample, which are indexed first",
  },
  database: PLACE.database!,
  port: {
    flags: "--port <n>",
    help: "the port; 0 picks a free one",
    value: { kind: "whole", least: 0, most: 65535 },
    default: 8000,
  },
  host: {
    flags: "--host <address>",
    help: "where to listen; another address than this machine's own lets the whole network search",
    value: { kind: "text" },
    default: "127.0.0.1",
  },
};

/** Defines the sub-command. */
export function serveCommand(): Command {
  const command = new Command("serve").description(
    "Search an index in a browser: speak, type, or drop a recording or an image. Recordings stay on this machine.",
  );
  return addOptions(command, OPTIONS).action(async (options: ServeOptions) => {
    const { serveFromOptions } = await lazily<typeof import("./serve_action.ts")>("./serve_action.ts", import.meta.url);
    await serveFromOptions(options);
  });
}
