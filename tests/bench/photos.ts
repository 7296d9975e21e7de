/** Photos of a common size for the cases that read images. */
import { join } from "@std/path";
import sharp from "sharp";

/** Files that are written; cases go around. */
export const PHOTOS = 64;

/** Writes JPEG files of 640 x 480 pixels with grain, 70 to 80 kB each: enlarged images of the sample. */
export async function writePhotos(folder: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const source = join("data", "sample", "coco", "train2017");
  const names = [...Deno.readDirSync(source)].map(({ name }) => name).sort().slice(0, PHOTOS);
  for (const [i, name] of names.entries()) {
    const size = { width: 640, height: 480 };
    const grain = sharp({
      create: { ...size, channels: 3, background: "grey", noise: { type: "gaussian", mean: 128, sigma: 20 } },
    });
    const photo = sharp(join(source, name)).resize({ ...size, fit: "fill" });
    await photo.composite([{ input: await grain.png().toBuffer(), blend: "soft-light" }]).jpeg({ quality: 90 })
      .toFile(join(folder, `${String(i).padStart(3, "0")}.jpg`));
  }
}

/** The files of a folder of photos, in order. */
export function photosOf(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => join(folder, name)).sort();
}
