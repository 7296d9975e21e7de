/**
 * The images and captions that the tiny CLIP learns from: scenes of the use "pretraining" only, each with a twin that
 * differs in one fact, rendered once and stored.
 *
 * @module
 */
import { join } from "@std/path";
import sharp from "sharp";
import { writeAtomic } from "../../lib/files/atomic.ts";
import { sha256 } from "../../lib/files/checksum.ts";
import { exists } from "../../lib/files/read.ts";
import { Random } from "../../lib/random.ts";
import { type Caption, caption, type CaptionFacts, factsHold, nounPhrase, withArticle } from "./captions.ts";
import { randomFrame, sceneSvg } from "./draw_scene.ts";
import { changeFactWithinUse, type Fact, randomSceneFor, type Scene, sceneKey, sceneUse, type Use } from "./scene.ts";

/** Facts in which twins differ; more often kinds and positions, which are learned last. */
const TWIN_FACTS: readonly Fact[] = ["kind", "kind", "kind", "place", "place", "size", "colour", "background"];
/** Share of square images. */
const SQUARE = 0.2;
/** Images per file. */
const CHUNK = 1000;

/** A scene and its twin, of the same use. */
export type Family = readonly [Scene, Scene];

/** Families of different scenes, the same for the same seed; the first ones do not depend on the count. */
export function sceneFamilies(use: Use, count: number, seed: number | string): Family[] {
  const used = new Set<string>();
  const families: Family[] = [];
  for (let i = 0; families.length < count; i++) {
    const random = new Random(`families ${seed} ${use} ${i}`);
    const scene = randomSceneFor(use, random);
    const twin = changeFactWithinUse(scene, random.choice(TWIN_FACTS), random);
    if (twin === undefined || used.has(sceneKey(scene)) || used.has(sceneKey(twin))) continue;
    used.add(sceneKey(scene)).add(sceneKey(twin));
    families.push([scene, twin]);
  }
  return families;
}

/** The fact in which the scenes of a family differ. */
export function differingFact([scene, twin]: Family): Fact {
  if (scene.background !== twin.background) return "background";
  const [things, others] = [scene, twin].map(({ things }) => things.toSorted((a, b) => a.kind < b.kind ? -1 : 1));
  const differs = (fact: Exclude<Fact, "background">): boolean =>
    things!.some((thing, i) => thing[fact] !== others![i]![fact]);
  return (["kind", "colour", "size", "place"] as const).find(differs) ?? "place";
}

/** The scene of an image's mirror image, if it is of the same use. */
export function mirrored({ background, things }: Scene): Scene | undefined {
  const opposite = { left: "right", middle: "middle", right: "left" } as const;
  const mirror = { background, things: things.map((thing) => ({ ...thing, place: opposite[thing.place] })).reverse() };
  return sceneUse(mirror) === sceneUse({ background, things }) ? mirror : undefined;
}

/**
 * A square of an image of a scene, `[size * size * 3]` RGB: drawn at twice the size and reduced so that the shorter side is
 * `size`, as the files of the sample are when CLIP reads them, then cut in the middle or, as for CLIP's training, anywhere but more often near the middle.
 */
export async function renderSmall(
  scene: Scene,
  seed: number | string,
  size: number,
  cut: "middle" | "anywhere" = "middle",
): Promise<Uint8Array> {
  const random = new Random(`frame ${seed}`);
  const frame = random.next() < SQUARE ? { width: size, height: size } : randomFrame(random, size);
  const { width, height } = frame;
  const svg = sceneSvg(scene, new Random(`picture ${seed}`), { width: 2 * width, height: 2 * height });
  const part = cut === "middle" ? 0.5 : (random.next() + random.next()) / 2;
  const small = sharp(new TextEncoder().encode(svg)).removeAlpha()
    .resize(width, height, { kernel: "cubic", fit: "fill" })
    .extract({
      left: Math.round(part * (width - size)),
      top: Math.round(part * (height - size)),
      width: size,
      height: size,
    });
  return new Uint8Array(await small.raw().toBuffer());
}

/** How images are rendered and stored. */
export interface PictureOptions {
  /** Height and width in pixels. */
  size: number;
  /** Folder of the stored images. */
  directory: string;
  /** Receives lines about the progress. */
  log: (line: string) => void;
  /** Stops between files. */
  signal?: AbortSignal;
}

/**
 * The images of scenes, cut anywhere, one `Uint8Array` of RGB each, in the order given. The folder stores files of 1,000 images,
 * so a stopped run continues; a file is reused only if its scenes and seed are the same.
 *
 * @throws the signal's reason where it stops the work.
 */
export async function pictures(scenes: readonly Scene[], seed: string, options: PictureOptions): Promise<Uint8Array[]> {
  const { size, directory, log, signal } = options;
  const each = size * size * 3;
  const result: Uint8Array[] = [];
  for (let start = 0; start < scenes.length; start += CHUNK) {
    signal?.throwIfAborted();
    const part = scenes.slice(start, start + CHUNK);
    const name = (await sha256(JSON.stringify(["cut near the middle", seed, size, start, part.map(sceneKey)]))).slice(
      0,
      20,
    );
    const path = join(directory, `${name}.rgb`);
    if (!await exists(path)) {
      const bytes = new Uint8Array(part.length * each);
      await inParallel(part.length, 4, async (i) => {
        bytes.set(await renderSmall(part[i] as Scene, `${seed} ${start + i}`, size, "anywhere"), i * each);
      });
      await writeAtomic(path, bytes);
      log(`rendered ${start + part.length}/${scenes.length} images`);
    }
    const bytes = await Deno.readFile(path);
    for (let i = 0; i < part.length; i++) result.push(bytes.subarray(i * each, (i + 1) * each));
  }
  return result;
}

async function inParallel(count: number, workers: number, work: (i: number) => Promise<void>): Promise<void> {
  let next = 0;
  const run = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: workers }, run));
}

const NONE: ReadonlySet<string> = new Set();

/** A caption that is none of the reserved ones. */
function freeCaption(scene: Scene, random: Random, reserved: ReadonlySet<string>): Caption {
  while (true) {
    const drawn = caption(scene, random);
    if (!reserved.has(drawn.text)) return drawn;
  }
}

/** A text to learn from: mostly a caption of the scene, sometimes a phrase of one thing ("a red car"). */
export function trainingText(scene: Scene, random: Random, reserved: ReadonlySet<string> = NONE): Caption {
  if (random.next() >= 0.08) return freeCaption(scene, random, reserved);
  const { kind, colour } = random.choice(scene.things);
  return { text: withArticle(nounPhrase({ kind, colour })), facts: { things: [{ kind, colour }] } };
}

/** A caption that is false of another scene, if 20 draws find one. */
export function tellingText(scene: Scene, other: Scene, random: Random, reserved: ReadonlySet<string> = NONE): Caption {
  let drawn = freeCaption(scene, random, reserved);
  for (let draw = 1; draw < 20 && factsHold(drawn.facts, other); draw++) drawn = freeCaption(scene, random, reserved);
  return drawn;
}

/** Several captions of one scene as one text, so that the later positions of the text tower are trained too. */
export function joinedCaptions(
  scene: Scene,
  count: number,
  random: Random,
  reserved: ReadonlySet<string> = NONE,
): Caption {
  const parts = Array.from({ length: count }, () => freeCaption(scene, random, reserved));
  return { text: parts.map(({ text }) => text).join(", "), facts: joinFacts(parts.map(({ facts }) => facts)) };
}

function joinFacts(parts: readonly CaptionFacts[]): CaptionFacts {
  const joined: CaptionFacts = { things: [] };
  for (const { background, things } of parts) {
    if (background !== undefined) joined.background = background;
    for (const thing of things) {
      const known = joined.things.find(({ kind }) => kind === thing.kind);
      if (known) Object.assign(known, thing);
      else joined.things.push({ ...thing });
    }
  }
  return joined;
}
