import assert from "node:assert/strict";
import sharp from "sharp";
import { contactSheet } from "../../data/generator/contact_sheet.ts";

/** RGB values of an image. */
async function pixels(picture: Uint8Array): Promise<{ data: Uint8Array; width: number; height: number }> {
  const { data, info } = await sharp(picture).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { data: new Uint8Array(data), width: info.width, height: info.height };
}

Deno.test("the README's image of the world is what the code draws, except for the font of the labels", async () => {
  const committed = await pixels(await Deno.readFile(new URL("../../reports/sample_world.png", import.meta.url)));
  const drawn = await pixels(await contactSheet());
  assert.deepEqual([drawn.width, drawn.height], [committed.width, committed.height]);
  const off = drawn.data.filter((value, i) => Math.abs(value - committed.data[i]!) > 24).length / drawn.data.length;
  assert.ok(off < 0.03, `${(100 * off).toFixed(1)} % of the values differ`);
});
