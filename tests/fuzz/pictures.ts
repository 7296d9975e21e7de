/** Small good pictures of every format, to be damaged. */
import { join } from "@std/path";
import sharp from "sharp";

/** Writes them into a folder and returns their paths. */
export async function writePictures(folder: string): Promise<string[]> {
  const [width, height] = [60, 45];
  const data = new Uint8Array(width * height * 3).map((_, i) => (7 * i + 13 * Math.floor(i / 180)) % 256);
  const picture = () => sharp(data, { raw: { width, height, channels: 3 } });
  const pictures = {
    "plain.jpg": picture().jpeg({ quality: 60 }),
    "progressive.jpg": picture().jpeg({ quality: 60, progressive: true }),
    "turned.jpg": picture().withMetadata({ orientation: 6 }).withIccProfile("p3").jpeg({ quality: 60 }),
    "cmyk.jpg": picture().toColourspace("cmyk").jpeg({ quality: 60 }),
    "plain.png": picture().resize(30).png(),
    "palette.png": picture().resize(30).png({ palette: true, colours: 16 }),
    "deep.png": picture().resize(20).toColourspace("rgb16").png({ progressive: true }),
    "plain.webp": picture().webp(),
    "plain.gif": picture().gif({ colours: 16 }),
    "plain.tif": picture().resize(30).tiff({ compression: "lzw" }),
  };
  await Promise.all(Object.entries(pictures).map(([name, one]) => one.toFile(join(folder, name))));
  const fixtures = ["quarters.heic", "p3.heic", "palette8.bmp", "rgb24.bmp"].map((name) =>
    join("tests/fixtures/images", name)
  );
  return [...Object.keys(pictures).map((name) => join(folder, name)), ...fixtures];
}
