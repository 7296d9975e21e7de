/**
 * Where the data sets are published, file by file.
 *
 * Addresses, sizes and checksums were looked up in November 2026, without a network, in public copies of the publishers'
 * pages and in programs that use the files. Links may be dead. Any folder in the published layout will do.
 */
import { formatBytes } from "../files/disk.ts";
import type { Checksum } from "./transfer.ts";

type DataSourceName = "flickr8k" | "spokencoco" | "ln-coco" | "ravdess";

export interface PublishedFile {
  name: string;
  url: string;
  /** Describes the content. */
  holds: string;
  /** Exact size, if it is known. */
  bytes?: number;
  /** Approximate size, such as "4.2 GB". */
  about?: string;
  checksum?: Checksum;
  /** Who computed the checksum: the publisher, or others who fetched the file. */
  checksumBy?: "publisher" | "others";
  /** A copy that is not the authors', fetched only on request (`--copies`). */
  copy?: boolean;
  /** The command that unpacks it in the data set's folder. */
  unpack?: string;
  /** A file or folder that unpacking creates. If it exists, the file is not fetched. */
  gives: string;
  /** What to do if the address is dead. */
  ifDead?: string;
}

/** Recordings that are published one by one. */
export interface PublishedRecordings {
  /** Files of JSON lines that name the recordings in `voice_recording`. */
  lists: readonly string[];
  /** The address before a recording's name. */
  url: string;
  count: number;
}

export interface DataSource {
  /** The name on the command line. */
  name: DataSourceName;
  title: string;
  /** Web pages that describe it. */
  pages: readonly string[];
  license: readonly string[];
  files: readonly PublishedFile[];
  recordings?: PublishedRecordings;
  /** The size of all files. */
  size: string;
  /** The paths in the complete folder, described. */
  layout: readonly (readonly [path: string, what: string])[];
  /** The folder that the presets expect. */
  folder: string;
  notes: readonly string[];
}

const COCO = "http://images.cocodataset.org/zips";
const COCO_LICENSE = "Images: Flickr's terms of use, each image's own license (cocodataset.org/#termsofuse)";
const NARRATIVES = "https://storage.googleapis.com/localized-narratives";
const FLICKR_AUDIO = "This address is often dead. Ask the authors on the page above, or somebody who has the archive " +
  "(4.2 GB; compare the MD5), put it or the folder flickr_audio/ there yourself, or name a " +
  "mirror with --mirror ADDRESS. The images and captions alone are not enough: they have no recordings.";
const FLICKR_COPY = "https://github.com/jbrownlee/Datasets/releases/download/Flickr8k";

/** All data sets that can be fetched. */
export const DATA_SOURCES: readonly DataSource[] = [
  {
    name: "flickr8k",
    title: "Flickr8k with the Flickr Audio Caption Corpus",
    pages: [
      "https://groups.csail.mit.edu/sls/downloads/flickraudio/",
      "https://forms.illinois.edu/sec/1713398 (images and captions: the authors' form; others report that it no longer answers)",
    ],
    license: [
      "Recordings: CC BY-SA",
      "Images and captions: for non-commercial research and education; the authors ask for a form",
    ],
    files: [
      {
        name: "flickr_audio.tar.gz",
        url: "https://groups.csail.mit.edu/sls/downloads/flickraudio/downloads/flickr_audio.tar.gz",
        holds: "40,000 spoken captions, 16 kHz WAV",
        about: "4.2 GB",
        checksum: { algorithm: "md5", digits: "9d078f1f150c26e864aa64d1d733779a" },
        checksumBy: "publisher",
        unpack: "tar -xzf flickr_audio.tar.gz",
        gives: "flickr_audio",
        ifDead: FLICKR_AUDIO,
      },
      {
        name: "Flickr8k_Dataset.zip",
        url: `${FLICKR_COPY}/Flickr8k_Dataset.zip`,
        holds: "images",
        about: "1.1 GB",
        checksum: { algorithm: "md5", digits: "f18a1e2920de5bd84dae7cf08ec78978" },
        checksumBy: "others",
        copy: true,
        unpack: "unzip -q Flickr8k_Dataset.zip -x '__MACOSX/*'",
        gives: "Flicker8k_Dataset",
      },
      {
        name: "Flickr8k_text.zip",
        url: `${FLICKR_COPY}/Flickr8k_text.zip`,
        holds: "captions and splits",
        about: "2.3 MB",
        checksum: { algorithm: "md5", digits: "bf6c1abcb8e4a833b7f922104de18627" },
        checksumBy: "others",
        copy: true,
        unpack: "unzip -q Flickr8k_text.zip -x '__MACOSX/*'",
        gives: "Flickr8k.token.txt",
      },
    ],
    layout: [
      ["Flicker8k_Dataset/*.jpg", "images (or Images/*.jpg)"],
      ["Flickr8k.token.txt", "captions"],
      ["Flickr_8k.{train,dev,test}Images.txt", "splits"],
      ["flickr_audio/wavs/*.wav", "recordings"],
      ["flickr_audio/{wav2capt,wav2spk}.txt", "what each recording says, and who says it"],
    ],
    size: "about 5.3 GB packed",
    folder: "data/flickr8k",
    notes: [
      `flickr_audio.tar.gz: ${FLICKR_AUDIO}`,
      "A few listed recordings are missing or empty in the published archive; they are skipped and reported.",
    ],
  },
  {
    name: "spokencoco",
    title: "SpokenCOCO",
    pages: ["https://groups.csail.mit.edu/sls/downloads/placesaudio/", "https://cocodataset.org/#download"],
    license: ["Recordings: see the page of the recordings", COCO_LICENSE],
    files: [
      {
        name: "SpokenCOCO.tar.gz",
        url: "https://data.csail.mit.edu/placesaudio/SpokenCOCO.tar.gz",
        holds: "about 605,000 spoken captions",
        about: "64 GB",
        unpack: "tar -xzf SpokenCOCO.tar.gz",
        gives: "SpokenCOCO",
      },
      coco("train2014", "82,783 images", 13_510_573_713, "0da8c0bd3d6becc4dcb32757491aca88"),
      coco("val2014", "40,504 images", 6_645_013_297, "a3d79f5ed8d289b7a7554ce06a5782b3"),
    ],
    layout: [
      ["SpokenCOCO/SpokenCOCO_{train,val}.json", "the lists (they may also be in the folder itself)"],
      ["SpokenCOCO/wavs/{train,val}/N/*.wav", "recordings, next to the lists"],
      ["train2014/*.jpg, val2014/*.jpg", "images"],
    ],
    size: "about 84 GB packed",
    folder: "data/coco",
    notes: ["The folder can be the one of ln-coco: no two files of them have the same name."],
  },
  {
    name: "ln-coco",
    title: "Localized Narratives, the COCO part",
    pages: ["https://google.github.io/localized-narratives/", "https://cocodataset.org/#download"],
    license: ["Recordings and narratives: CC BY 4.0", COCO_LICENSE],
    files: [
      ...["00000", "00001", "00002", "00003"].map((part) =>
        narratives(`coco_train_localized_narratives-${part}-of-00004`)
      ),
      narratives("coco_val_localized_narratives"),
      coco("train2017", "118,287 images", 19_336_861_798, "cced6f7f71b7629ddf16f17bbcfab6b2"),
      coco("val2017", "5,000 images", 815_585_330, "442b8da7639aecaf257c1dceb8ba8c80"),
    ],
    recordings: {
      lists: [
        ...["00000", "00001", "00002", "00003"].map((part) => `coco_train_localized_narratives-${part}-of-00004.jsonl`),
        "coco_val_localized_narratives.jsonl",
      ],
      url: `${NARRATIVES}/voice-recordings`,
      count: 142_845,
    },
    layout: [
      ["coco_train_localized_narratives-0000N-of-00004.jsonl", "the lists"],
      ["coco_val_localized_narratives.jsonl", "the list of the test split"],
      ["coco_train/*.ogg, coco_val/*.ogg", "recordings, up to 2 minutes each"],
      ["train2017/*.jpg, val2017/*.jpg", "images"],
    ],
    size: "20.2 GB of images, packed; the size of the lists and recordings is not known here",
    folder: "data/coco",
    notes: ["Train has 134,272 narratives and val 8,573; several annotators narrate some of the images."],
  },
  {
    name: "ravdess",
    title: "RAVDESS, the speech part",
    pages: ["https://zenodo.org/records/1188976"],
    license: ["CC BY-NC-SA 4.0"],
    files: [
      {
        name: "Audio_Speech_Actors_01-24.zip",
        url: "https://zenodo.org/records/1188976/files/Audio_Speech_Actors_01-24.zip?download=1",
        holds: "1,440 recordings of 24 actors, 48 kHz WAV",
        bytes: 208_468_073,
        checksum: { algorithm: "md5", digits: "bc696df654c87fed845eb13823edef8a" },
        checksumBy: "publisher",
        unpack: "unzip -q Audio_Speech_Actors_01-24.zip",
        gives: "Actor_24",
      },
    ],
    layout: [["Actor_NN/MM-CC-EE-II-SS-RR-AA.wav", "recordings (also in Audio_Speech_Actors_01-24/, or in both)"]],
    size: "208.5 MB packed",
    folder: "data/ravdess",
    notes: ["A few of the published files have two channels."],
  },
];

export const DATA_SOURCE_NAMES: readonly DataSourceName[] = DATA_SOURCES.map(({ name }) => name);

function coco(part: string, holds: string, bytes: number, digits: string): PublishedFile {
  const name = `${part}.zip`;
  return {
    name,
    url: `${COCO}/${name}`,
    holds,
    bytes,
    checksum: { algorithm: "md5", digits },
    checksumBy: "others",
    unpack: `unzip -q ${name}`,
    gives: part,
  };
}

function narratives(part: string): PublishedFile {
  const name = `${part}.jsonl`;
  return { name, url: `${NARRATIVES}/annotations/${name}`, holds: "narratives, a JSON object a line", gives: name };
}

const LOOKED_UP =
  "Addresses, sizes and checksums were looked up in November 2026 in public copies of these pages; links die.";

/**
 * Describes where a data set is published, its license, files, folder and commands.
 *
 * @param folder where the data set goes
 */
export function describeSource(source: DataSource, folder: string): string {
  const lines = [source.title, "", "published at", ...source.pages.map((page) => `  ${page}`)];
  lines.push("license", ...source.license.map((part) => `  ${part}`), `size ${source.size}`, "files");
  for (const file of source.files) {
    lines.push(
      `  ${file.name}  ${sizeOf(file)}  ${file.holds}${file.copy ? " (a copy by others)" : ""}`,
      `    ${file.url}`,
    );
    if (file.checksum !== undefined) {
      const { algorithm, digits } = file.checksum;
      lines.push(
        `    ${algorithm.toUpperCase()} ${digits}${file.checksumBy === "others" ? " (as others found it)" : ""}`,
      );
    }
  }
  if (source.recordings !== undefined) {
    const { count, url, lists } = source.recordings;
    lines.push(
      `  ${count.toLocaleString("en")} recordings, one by one, named in '${lists.at(-1)}' and the like`,
      `    ${url}/`,
    );
  }
  lines.push(`folder ${folder}/`, ...source.layout.map(([path, what]) => `  ${path}  ${what}`), "unpack");
  lines.push(`  cd ${folder}`, ...source.files.flatMap(({ unpack }) => unpack === undefined ? [] : [`  ${unpack}`]));
  lines.push("then", ...thenLines(source, folder), ...[...source.notes, LOOKED_UP].map((note) => `note: ${note}`));
  return lines.join("\n");
}

function thenLines({ name }: DataSource, folder: string): string[] {
  const check = `  deno task data check ${name} --data-root ${folder}`;
  return name === "ravdess" ? [check] : [check, `  deno task train --preset ${name} --data-root ${folder}`];
}

/** A file's size, such as `"13.5 GB"`. */
export function sizeOf({ bytes, about }: Pick<PublishedFile, "bytes" | "about">): string {
  if (bytes !== undefined) return formatBytes(bytes);
  return about === undefined ? "size unknown" : `about ${about}`;
}
