/** Colours stay apart on paper, on a dark screen, and for the colour-blind. */
import assert from "node:assert/strict";
import { COLOURWAY, DARK, figureLayout, LIGHT, VARIANT_COLOURS } from "../../lib/report/figures/style.ts";
import { darkFigure } from "./dark.ts";

type Triple = [number, number, number];

/** Linear light of a colour. */
function linear(colour: string): Triple {
  const part = (at: number): number => {
    const value = parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return [part(1), part(3), part(5)];
}

/** Contrast after WCAG. */
function contrast(a: string, b: string): number {
  const light = (colour: string): number => {
    const [r, g, b] = linear(colour);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [low, high] = [light(a), light(b)].sort((x, y) => x - y) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

/** What the colour-blind see, after Machado, Oliveira and Fernandes (2009), severity 1. */
const SIGHT: Record<string, [Triple, Triple, Triple]> = {
  "all colours": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  "no red": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  "no green": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
};

/** Distance in CIELAB as somebody sees it. */
function distance(a: string, b: string, sight: [Triple, Triple, Triple]): number {
  const lab = (colour: string): Triple => {
    const seen = linear(colour);
    const rgb = sight.map((row) =>
      Math.min(1, Math.max(0, row.reduce((sum, w, i) => sum + w * seen[i]!, 0)))
    ) as Triple;
    const xyz = [
      [0.4124564, 0.3575761, 0.1804375, 0.95047],
      [0.2126729, 0.7151522, 0.072175, 1],
      [0.0193339, 0.119192, 0.9503041, 1.08883],
    ].map(([r, g, b, white]) => (r! * rgb[0] + g! * rgb[1] + b! * rgb[2]) / white!);
    const [x, y, z] = xyz.map((t) => t > 216 / 24389 ? Math.cbrt(t) : (24389 / 27 * t + 16) / 116) as Triple;
    return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
  };
  const [one, other] = [lab(a), lab(b)];
  return Math.hypot(...one.map((value, i) => value - other[i]!));
}

Deno.test("every two variants, and every two other colors, can be distinguished by every reader", () => {
  for (const colours of [Object.values(VARIANT_COLOURS), [...COLOURWAY]]) {
    for (const [who, sight] of Object.entries(SIGHT)) {
      colours.forEach((a, i) =>
        colours.slice(0, i).forEach((b) => {
          const apart = distance(a, b, sight);
          assert.ok(apart > 11, `${a} and ${b} are ${apart.toFixed(1)} apart for those who see ${who}`);
        })
      );
    }
  }
  assert.ok(
    distance("#ff0000", "#00a000", SIGHT["no green"]!) < distance("#ff0000", "#00a000", SIGHT["all colours"]!) / 2,
  );
});

Deno.test("text is readable in both modes, and colors contrast with the background", () => {
  for (const ground of [LIGHT, DARK]) {
    assert.ok(contrast(ground.ink, ground.paper) > 12);
    assert.ok(contrast(ground.muted, ground.paper) > 4.5);
    for (const colour of Object.values(VARIANT_COLOURS)) {
      assert.ok(contrast(colour, ground.paper) > 2, `${colour} on ${ground.paper}`);
    }
  }
});

Deno.test("a dark figure has no color of the light background, and the same data", () => {
  const figure = {
    name: "a",
    title: "",
    caption: LIGHT.ink,
    alt: "",
    columns: 1 as const,
    height: 2,
    data: [{ y: [1, 2], marker: { color: [LIGHT.paper, VARIANT_COLOURS.full], line: { color: LIGHT.ink } } }],
    layout: figureLayout({ columns: 1, height: 2, axes: {}, legend: "top" }),
  };
  const before = JSON.stringify(figure);
  const { data, layout, caption } = darkFigure(figure);
  assert.equal(JSON.stringify(figure), before, "the given figure stays as it is");
  for (const colour of Object.values(LIGHT)) assert.ok(!JSON.stringify({ data, layout }).includes(colour), colour);
  assert.deepEqual(data[0]!["y"], [1, 2]);
  assert.deepEqual(data[0]!["marker"], { color: [DARK.paper, VARIANT_COLOURS.full], line: { color: DARK.ink } });
  assert.equal(caption, LIGHT.ink, "words stay as they are");
});
