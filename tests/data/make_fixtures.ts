/**
 * Makes the recordings and pictures of tests/fixtures/datasets, which its README.md describes: sweeps and plain colours. The
 * index files beside them are written by hand. Run it in the project's folder, with ffmpeg installed:
 * `deno run -A tests/data/make_fixtures.ts`
 */
import { dirname, join } from "@std/path";
import sharp from "sharp";
import { wav } from "../audio/wav.ts";

const ROOT = "tests/fixtures/datasets";

/** A sweep upwards from a pitch, with soft ends. */
function sweep(hertz: number, rate: number, seconds: number): Float32Array {
  const length = Math.round(rate * seconds);
  return new Float32Array(length).map((_, i) => {
    const t = i / rate;
    return 0.4 * Math.sin(Math.PI * i / length) * Math.sin(2 * Math.PI * hertz * t * (1 + t));
  });
}

async function write(path: string, bytes: Uint8Array): Promise<void> {
  await Deno.mkdir(dirname(join(ROOT, path)), { recursive: true });
  await Deno.writeFile(join(ROOT, path), bytes);
}

async function recording(
  path: string,
  hertz: number,
  options: { rate?: number; stereo?: boolean } = {},
): Promise<void> {
  const rate = options.rate ?? 16000;
  const left = sweep(hertz, rate, rate > 16000 ? 0.04 : 0.08);
  await write(path, wav(options.stereo ? [left, sweep(1.5 * hertz, rate, left.length / rate)] : [left], rate));
}

async function narration(path: string, hertz: number, channels = 1): Promise<void> {
  const source = await Deno.makeTempFile({ suffix: ".wav" });
  await Deno.writeFile(source, wav([sweep(hertz, 24000, 0.2)], 24000));
  await Deno.mkdir(dirname(join(ROOT, path)), { recursive: true });
  const args = ["-y", "-loglevel", "error", "-i", source, "-ac", `${channels}`, "-c:a", "libvorbis", "-bitexact"];
  const { success } = await new Deno.Command("ffmpeg", { args: [...args, join(ROOT, path)] }).output();
  if (!success) throw new Error(`ffmpeg made no ${path}`);
  await Deno.remove(source);
}

async function picture(path: string, colour: string): Promise<void> {
  const drawn = sharp({ create: { width: 24, height: 16, channels: 3, background: colour } });
  await write(path, await (path.endsWith(".png") ? drawn.png() : drawn.jpeg({ quality: 80 })).toBuffer());
}

const [A, B, C, D, E, F, G] = [
  "1000000001_a1b2c3d4e5",
  "1000000002_0b1c2d3e4f",
  "1000000003_c0ffee0001",
  "1000000004_d00d1e0002",
  "1000000005_e11e220003",
  "2258000006_f58694ec62",
  "1000000007_9876543210",
];
const colours = [[A, "red"], [B, "blue"], [C, "green"], [D, "yellow"], [E, "white"], [F, "black"], [
  G,
  "gray",
]] as const;
for (const [name, colour] of colours) await picture(`flickr8k/Flicker8k_Dataset/${name}.jpg`, colour);
for (
  const name of [
    `${A}_0`,
    `${A}_1`,
    `${A}_2`,
    `${A}_3`,
    `${A}_4`,
    `${B}_0`,
    `${C}_0`,
    `${C}_1`,
    `${D}_1`,
    `${E}_0`,
    `${F}_0`,
  ]
) {
  await recording(`flickr8k/flickr_audio/wavs/${name}.wav`, 200 + 10 * name.charCodeAt(9));
}
const wavs = "flickr8k/flickr_audio/wavs";
await write(`${wavs}/${B}_2.wav`, new Uint8Array(0)); // B_1 is missing
await write(`${wavs}/${B}_3.wav`, wav([new Float32Array(0)], 16000)); // a header alone
await recording(`${wavs}/${D}_0.wav`, 330, { stereo: true });
for (const [name, colour] of [[A, "red"], [C, "green"], [D, "yellow"]] as const) {
  await picture(`flickr8k-mirror/Images/${name}.jpg`, colour);
  await recording(`flickr8k-mirror/flickr_audio/wavs/${name}_0.wav`, 300);
}

for (const part of ["train", "val"]) {
  const folder = `spokencoco/SpokenCOCO`;
  const { data } = JSON.parse(
    (await Deno.readTextFile(join(ROOT, folder, `SpokenCOCO_${part}.json`))).replace(/^\uFEFF/, ""),
  );
  for (const { image, captions } of data) {
    await picture(`spokencoco/${image}`, part === "val" ? "navy" : "orange");
    for (const { wav: path, uttid } of captions) {
      if (uttid.includes("_49_")) continue; // listed but missing
      if (uttid.includes("_30_")) await write(`${folder}/${path}`, new Uint8Array(0));
      else await recording(`${folder}/${path}`, 400, { stereo: uttid.includes("_42_") });
    }
  }
}

for (const id of [9, 25, 30, 49, 61, 73, 81]) {
  await picture(`ln-coco/train2017/${String(id).padStart(12, "0")}.jpg`, "teal");
}
for (const id of [73, 137576]) await picture(`ln-coco/val2017/${String(id).padStart(12, "0")}.jpg`, "purple");
for (const name of ["9_12", "9_93", "30_7", "61_7", "73_8", "81_8"]) {
  await narration(`ln-coco/coco_train/coco_train_${name}.ogg`, 250, name === "9_93" ? 2 : 1);
}
await write("ln-coco/coco_train/coco_train_49_7.ogg", new Uint8Array(0)); // 25_12 and 61_8 are missing
for (const name of ["73_93", "73_94", "137576_93"]) await narration(`ln-coco/coco_val/coco_val_${name}.ogg`, 350);

const actors = "ravdess/Audio_Speech_Actors_01-24";
for (const actor of ["01", "02", "20"]) {
  for (const mood of ["01", "02", "05"]) {
    const stereo = actor === "20" && mood === "05";
    await recording(`${actors}/Actor_${actor}/03-01-${mood}-01-02-01-${actor}.wav`, 200, { rate: 48000, stereo });
  }
}
await recording(`${actors}/Actor_02/03-01-06-01-01-01-02.wav`, 200, { rate: 48000 });
await recording(`${actors}/Actor_02/03-02-05-01-01-01-02.wav`, 500, { rate: 48000 });

await picture("own/images/red.png", "red");
await picture("own/images/blue.jpg", "blue");
await picture("own/images/green.jpg", "green");
for (const [name, hertz] of [["one", 220], ["two", 280], ["three", 340]] as const) {
  await recording(`own/audio/${name}.wav`, hertz);
}
