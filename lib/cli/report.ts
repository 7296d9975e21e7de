/** `report`: all results of runs as one page, figures and tables. */
import { Command } from "commander";
import { lazily } from "../lazily.ts";
import type { OptionTable } from "../options.ts";
import { addOptions } from "./options.ts";

const FORMATS = ["html", "svg", "png", "pdf"] as const;

export type ReportOptions = {
  runs?: string[];
  from?: string;
  only?: "sample" | "published" | "own";
  out: string;
  formats?: (typeof FORMATS)[number][];
  missing?: true;
};

const OPTIONS: OptionTable<ReportOptions> = {
  runs: {
    flags: "--runs <folders>",
    help: "these runs, separated by commas",
    value: { kind: "names" },
    conflicts: ["from"],
  },
  from: {
    flags: "--from <file>",
    help: "repeat the report of this results.json of an earlier report",
    value: { kind: "text" },
  },
  only: {
    flags: "--only <data>",
    help:
      "only results of the bundled sample (with those in reports/measured), of the published data sets, or of your own data",
    value: { kind: "choice", of: ["sample", "published", "own"] },
  },
  out: { flags: "--out <folder>", help: "the report's folder", value: { kind: "text" }, default: "reports" },
  formats: {
    flags: "--formats <names>",
    help: "copies of each figure: html, svg, png, pdf",
    value: { kind: "names", of: FORMATS },
    unset: "all",
  },
  missing: {
    flags: "--missing",
    help: "print the commands that make the missing results on the sample, one per line",
    value: { kind: "switch" },
  },
};

export function reportCommand(): Command {
  const command = new Command("report").description(
    "One page of all results, next to the paper's published figures: index.html, each figure as HTML, SVG, PNG and PDF, " +
      "each table as CSV, Markdown and LaTeX. Uses the newest run below runs/ of each experiment and data set, and without one " +
      "the result in reports/measured, which was made with published models and data.",
  );
  return addOptions(command, OPTIONS).action(async (options: ReportOptions) => {
    const { reportFromOptions } = await lazily<typeof import("./report_action.ts")>(
      "./report_action.ts",
      import.meta.url,
    );
    await reportFromOptions(options);
  });
}
