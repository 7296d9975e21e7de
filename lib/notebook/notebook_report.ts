/**
 * A job's report in a notebook: a bar and live curves below the running cell.
 *
 * @module
 */
import { type Clock, describe, type PartProgress, type Report } from "../experiments/report.ts";
import { html } from "../experiments/page/page.ts";
import { curveSvg } from "./curve_svg.ts";
import { type Bundle, kernel, queueOutput, updateOutput } from "./kernel.ts";
import { throttle } from "./throttle.ts";

/** Points of a curve at most; beyond, every second one is dropped. */
const MOST_POINTS = 400;

/**
 * The report for a notebook: give it to any function of the library that takes a `report`. Lines and tables come as text;
 * every part of the job gets a progress bar with rate and remaining time, and what is measured on the way (the loss, the
 * recall on dev) is drawn as a curve that grows while the job runs. A line that was told before, such as the backend of every
 * model of an experiment, is not repeated.
 *
 * Interrupting a cell ends the Deno kernel, whatever runs in it. Training loses nothing by that but the steps since the
 * last checkpoint (`saveEvery`): restart the kernel, run the cells again, and `ensureRun` goes on from there; the result is
 * the unbroken run's.
 *
 * @param options.every milliseconds between two pictures of a part. Default 250.
 * @throws {InputError} outside of a notebook.
 *
 * @example In a notebook's cell
 * ```ts ignore
 * const run = await ensureRun(config, "../runs/first", { report: notebookReport() });
 * ```
 */
export function notebookReport(options: { every?: number } = {}): Report {
  const { every = 250 } = options;
  kernel();
  const told = new Set<string>();
  return {
    line: (text) => {
      if (!told.has(text)) console.log(text);
      told.add(text);
    },
    result: (text) => console.log(`${text}\n`),
    progress: (label, total, unit, first = 0) => {
      const now = (): number => performance.now() / 1000;
      return shownPart({ label, total, unit, first, start: now(), now }, every);
    },
  };
}

/** What is shown of a part. */
interface Part {
  clock: Clock;
  done: number;
  note: string;
  ended: boolean;
  curves: Map<string, [number, number][]>;
}

function shownPart(clock: Clock, every: number): PartProgress {
  const part: Part = { clock, done: clock.first, note: "", ended: false, curves: new Map() };
  const id = `brewclip-${crypto.randomUUID()}`;
  queueOutput(partBundle(part), id);
  const { changed, finish } = throttle(() => updateOutput(partBundle(part), id), every);
  return {
    update(done, note = ""): void {
      [part.done, part.note] = [done, note];
      changed();
    },
    measure(at, values): void {
      for (const [name, value] of Object.entries(values)) {
        const points = part.curves.get(name) ?? [];
        points.push([at, value]);
        part.curves.set(name, points.length > MOST_POINTS ? points.filter((_, i) => i % 2 === 0) : points);
      }
      changed();
    },
    line: (text): void => console.log(text),
    stop(): void {
      part.ended = true;
      finish();
    },
  };
}

/** A part as HTML and as a line. */
function partBundle({ clock, done, note, ended, curves }: Part): Bundle {
  const line = describe(clock, done, note);
  const told = ended ? line.replace(/ {2}0 s left/, "") : line;
  const charts = [...curves].map(([name, points]) =>
    curveSvg({ name, points, from: clock.first, to: clock.total, unit: clock.unit })
  );
  const bar =
    html`<div><progress max="${clock.total}" value="${done}" aria-label="${clock.label}" style="width:20em;vertical-align:middle"></progress> <span style="white-space:pre-wrap;font-variant-numeric:tabular-nums">${told}</span></div>${charts}`;
  return { "text/html": String(bar), "text/plain": told };
}
