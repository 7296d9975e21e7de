/**
 * A job's progress in a notebook: a bar and live curves below the running cell.
 *
 * @module
 */
import { type Html, html } from "../report/page/shell.ts";
import { type Clock, describe, type PartProgress, type Report } from "../experiments/report.ts";
import { type Bundle, kernel, queueOutput, updateOutput } from "./kernel.ts";

/** Sends the newest state, at most every so often, and always the last one. */
export interface Throttle {
  /** Marks that the state is new. */
  changed(): void;
  /** Sends the current state now, or as soon as the previous one is sent. */
  finish(): void;
}

/**
 * Limits how often a changing state is sent.
 *
 * @param send sends the current state; the next one waits until it resolves
 * @param every milliseconds between two
 */
export function throttle(send: () => Promise<void>, every: number): Throttle {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let [sending, waiting] = [false, false];
  let last = -Infinity;
  const now = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    if (sending) {
      waiting = true;
      return;
    }
    sending = true;
    do {
      waiting = false;
      last = performance.now();
      await send();
    } while (waiting);
    sending = false;
  };
  return {
    changed: () => {
      const left = every - (performance.now() - last);
      if (left <= 0) void now();
      else timer ??= setTimeout(now, left);
    },
    finish: () => void now(),
  };
}

export interface Curve {
  name: string;
  /** Positions on the axis in order, with their values. */
  points: readonly (readonly [at: number, value: number])[];
  from: number;
  to: number;
  /** What is counted along the axis: `"step"`. */
  unit: string;
}

const [WIDTH, HEIGHT] = [340, 130];
const [LEFT, RIGHT, TOP, BOTTOM] = [46, 10, 20, 20];
const BLUE = "#0072b2";

/** A number in at most 4 digits. */
function short(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}

/**
 * Draws a curve as SVG: a line, its last point with its value, and the smallest and largest value at the side.
 *
 * @param curve points that are not finite are skipped
 */
export function curveSvg(curve: Curve): Html {
  const points = curve.points.filter((point) => point.every(Number.isFinite));
  const values = points.map(([, value]) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const across = Math.max(1e-9, curve.to - curve.from);
  const x = (at: number): string => (LEFT + (WIDTH - LEFT - RIGHT) * (at - curve.from) / across).toFixed(1);
  const y = (value: number): string => {
    const share = high === low ? 0.5 : (value - low) / (high - low);
    return (HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share).toFixed(1);
  };
  const line = points.map(([at, value]) => `${x(at)},${y(value)}`).join(" ");
  const [lastAt, last] = points.at(-1) ?? [curve.from, NaN];
  const end = Number.isNaN(last) ? "" : html`
    <circle cx="${x(lastAt)}" cy="${y(last)}" r="3" fill="${BLUE}" />
  `;
  const label = `${curve.name}: ${short(last)} at ${curve.unit} ${lastAt}`;
  const range = values.length === 0 || high === low ? "" : html`
    <text x="${LEFT - 6}" y="${HEIGHT - BOTTOM + 4}" text-anchor="end">${short(low)}</text>
    <text x="${LEFT - 6}" y="${TOP + 4}" text-anchor="end">${short(high)}</text>
  `;
  return html`
    <svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}"
      role="img" aria-label="${label}" font-family="sans-serif" font-size="11"
      fill="currentColor"><text x="${LEFT}" y="12" font-weight="bold">${label}</text>${range}<path d="M${LEFT} ${TOP}V${HEIGHT -
        BOTTOM}H${WIDTH - RIGHT}" fill="none" stroke="currentColor" stroke-opacity=".4"/><text x="${LEFT}" y="${HEIGHT -
        5}">${curve.from}</text><text x="${WIDTH - RIGHT}" y="${HEIGHT - 5}" text-anchor="end">${curve.unit} ${curve
        .to}</text><polyline points="${line}" fill="none" stroke="${BLUE}" stroke-width="1.6"/>${end}</svg>
  `;
}

/** A curve with more points loses every second one. */
const MOST_POINTS = 400;

/**
 * The report for a notebook; any function that takes a `report` takes it. Lines and tables are printed as text. Each part of the
 * job gets a progress bar with rate and remaining time, and what it measures (the loss, recall on dev) becomes a curve that
 * grows while the job runs. A line is printed once, even if every model of an experiment reports it.
 *
 * Interrupting a cell ends the Deno kernel. Training loses only the steps since the last checkpoint (`saveEvery`): restart the
 * kernel and run the cells again. `ensureRun` continues from there to the result of an unbroken run.
 *
 * @param options.every milliseconds between two updates. Default 250.
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
  const printed = new Set<string>();
  return {
    line: (text) => {
      if (!printed.has(text)) console.log(text);
      printed.add(text);
    },
    result: (text) => console.log(`${text}\n`),
    progress: (label, total, unit, first = 0) => {
      const now = (): number => performance.now() / 1000;
      return shownPart({ label, total, unit, first, start: now(), now }, every);
    },
  };
}

/** The state of a part. */
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
  const shown = ended ? line.replace(/ {2}0 s left/, "") : line;
  const charts = [...curves].map(([name, points]) =>
    curveSvg({ name, points, from: clock.first, to: clock.total, unit: clock.unit })
  );
  const bar =
    html`<div><progress max="${clock.total}" value="${done}" aria-label="${clock.label}" style="width:20em;vertical-align:middle"></progress> <span style="white-space:pre-wrap;font-variant-numeric:tabular-nums">${shown}</span></div>${charts}`;
  return { "text/html": String(bar), "text/plain": shown };
}
