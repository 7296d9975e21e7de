/**
 * `report`: all results of runs as one page, figures and tables.
 *
 * @module
 */
import { Command, Option } from "commander";
import { lazily } from "../lazily.ts";
import { INTERRUPTED } from "./interrupt.ts";
import { names, nonEmpty } from "./options.ts";

/** The copies of a figure. */
const FORMATS = ["html", "svg", "png", "pdf"] as const;

/** The options as commander gives them. */
export interface ReportOptions {
  runs?: string[];
  from?: string;
  only?: "sample" | "published" | "own";
  out: string;
  formats: (typeof FORMATS)[number][];
  missing?: true;
}

/** Defines the sub-command. */
export function reportCommand(exit: (code: number) => void): Command {
  return new Command("report")
    .description(
      "One page of all results, beside the paper's published figures: index.html, each figure as HTML, SVG, PNG and PDF, " +
        "each table as CSV, Markdown and LaTeX. Of the runs below runs/ the newest of each experiment and data set.",
    )
    .addOption(new Option("--runs <folders>", "these runs, with commas between").argParser(names()).conflicts("from"))
    .addOption(
      new Option("--from <file>", "make the report of this results.json of a report again").argParser(nonEmpty),
    )
    .addOption(
      new Option("--only <data>", "only results of the bundled sample, of the published data sets, or of your own data")
        .choices(["sample", "published", "own"]),
    )
    .option("--out <folder>", "the report's folder", nonEmpty, "reports")
    .addOption(
      new Option("--formats <names>", "copies of each figure: html, svg, png, pdf").argParser(formats)
        .default([...FORMATS], "all"),
    )
    .addOption(new Option("--missing", "print the commands that make what is missing of the sample, one a line"))
    .action(async (options: ReportOptions) => {
      const { reportFromOptions } = await lazily<typeof import("./report_action.ts")>(
        "./report_action.ts",
        import.meta.url,
      );
      if (await reportFromOptions(options) === "interrupted") exit(INTERRUPTED);
    });
}

function formats(text: string): string[] {
  return names(FORMATS)(text);
}
