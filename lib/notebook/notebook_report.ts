/** Progress of a job in a notebook: a bar and live curves below the running cell. */
import { type Html, html } from "../report/page/shell.ts";
import { type Clock, describe, type PartProgress, type Report } from "../experiments/report.ts";
import { type Bundle, kernel, queueOutput, updateOutput } from "./kernel.ts";

/**
 * Limits how often a changing state is sent. Call `changed` after each change. `finish` sends the last state.
 *
 * @param send sends the current state; the next call waits until it resolves
 * @param every the least milliseconds between two calls
 */
export function throttle(send: () => Promise<void>, every: number): { changed(): void; finish(): void } {
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

interface Curve {
  name: string;
  /** Positions on the axis in order, with their values. */
  points: readonly (readonly [at: number, value: number])[];
  from: number;
  to: number;
  /** The unit of the axis, such as `"step"`. */
  unit: string;
}

const [WIDTH, HEIGHT] = [340, 130];
const [LEFT, RIGHT, TOP, BOTTOM] = [46, 10, 20, 20];
const BLUE = "#0072b2";

/** Formats a number with about 3 digits. */
function short(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}

/**
 * Draws a curve as SVG: a line, its last point with its value, and the smallest and largest value on the axis.
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

/** A curve with more points drops every second one. */
const MAX_POINTS = 400;

/**
 * Makes the report of a notebook, for any function that takes a `report`. Lines and tables are printed as text. Each part of the
 * job shows a progress bar with rate and remaining time, and live curves of its measurements (the loss, recall on dev). A line
 * is printed once, even if every model of an experiment reports it.
 *
 * Interrupting a cell ends the Deno kernel. Restart it and run the cells again: training loses only the steps since the last
 * checkpoint (`saveEvery`), and `ensureRun` continues to the result of an uninterrupted run.
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
        part.curves.set(name, points.length > MAX_POINTS ? points.filter((_, i) => i % 2 === 0) : points);
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

/** Makes the forms of a part that a notebook stores. */
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
