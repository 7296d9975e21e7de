/**
 * A curve that grows, as a small picture without a script.
 *
 * @module
 */
import { type Html, html } from "../experiments/page/page.ts";

/** What is drawn. */
export interface Curve {
  /** What the numbers are. */
  name: string;
  /** Places along the axis from left to right, with their numbers. */
  points: readonly (readonly [at: number, value: number])[];
  /** Where the axis begins. */
  from: number;
  /** Where the axis ends. */
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
 * Draws a curve: a line, its last point with its number, and the smallest and largest number at the side.
 *
 * @param curve at least one point; points that are no finite number are left out.
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
  const told = `${curve.name}: ${short(last)} at ${curve.unit} ${lastAt}`;
  const range = values.length === 0 || high === low ? "" : html`
    <text x="${LEFT - 6}" y="${HEIGHT - BOTTOM + 4}" text-anchor="end">${short(low)}</text>
    <text x="${LEFT - 6}" y="${TOP + 4}" text-anchor="end">${short(high)}</text>
  `;
  return html`
    <svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}"
      role="img" aria-label="${told}" font-family="sans-serif" font-size="11"
      fill="currentColor"><text x="${LEFT}" y="12" font-weight="bold">${told}</text>${range}<path d="M${LEFT} ${TOP}V${HEIGHT -
        BOTTOM}H${WIDTH - RIGHT}" fill="none" stroke="currentColor" stroke-opacity=".4"/><text x="${LEFT}" y="${HEIGHT -
        5}">${curve.from}</text><text x="${WIDTH - RIGHT}" y="${HEIGHT - 5}" text-anchor="end">${curve.unit} ${curve
        .to}</text><polyline points="${line}" fill="none" stroke="${BLUE}" stroke-width="1.6"/>${end}</svg>
  `;
}
