import assert from "node:assert/strict";
import { dirname, join } from "@std/path";
import { loadEmotionClips } from "../../lib/data/own_data.ts";
import { loadOwnPairs } from "../../lib/data/own_data.ts";
import type { Oddity } from "../../lib/data/pair.ts";
import type { Split } from "../../lib/data/pair.ts";
import { withFiles } from "./files.ts";

const OWN = "tests/fixtures/datasets/own";

function listener(): { odd: string[]; onOddity: (oddity: Oddity) => void } {
  const odd: string[] = [];
  return {
    odd,
    onOddity: ({ kind, where, value }) => odd.push(`${where.slice(where.lastIndexOf(":"))} ${kind}: ${value}`),
  };
}

/** The lines of a JSON-lines file. */
function json(...entries: Record<string, unknown>[]): string {
  return entries.map((entry) => JSON.stringify(entry) + "\n").join("");
}

Deno.test("loadOwnPairs reads a CSV file with a byte order mark, quotes, CRLF and columns in any order", async () => {
  const { odd, onOddity } = listener();
  const pairs = await loadOwnPairs(join(OWN, "pairs.csv"), { onOddity });
  const common = (id: string, imageId: string, image: string, audio: string) => ({
    id,
    imageId,
    image: join(OWN, "images", image),
    audio: join(OWN, "audio", audio),
  });
  assert.deepEqual(pairs.map(({ split: _, ...pair }) => pair), [
    {
      ...common("line-3", "7", "red.png", "one.wav"),
      text: 'A red square, "lying" on\nwhite ground',
      speaker: "anna",
    },
    { ...common("line-5", "8", "blue.jpg", "two.wav"), text: "Zoë’s piñata", speaker: "" },
    { ...common("line-7", "9", "green.jpg", "three.wav"), text: "", speaker: "bob" },
    { ...common("line-8", "7", "red.png", "one.wav"), text: "again", speaker: "anna" },
  ]);
  assert.deepEqual(new Set(pairs.map(({ split }) => split)), new Set(["train", "dev", "test"]));
  assert.equal(pairs[0]?.split, pairs[3]?.split);
  assert.deepEqual(odd, [
    ":1 unknown column, ignored: notes",
    `:8 recording listed again, kept: ${join(OWN, "audio", "one.wav")}`,
    ":3 data without splits, cut by image into train, dev and test: split",
  ]);
});

Deno.test("loadOwnPairs reads JSON lines with numbers, null and other words for the splits", async () => {
  const { odd, onOddity } = listener();
  const pairs = await loadOwnPairs(join(OWN, "pairs.jsonl"), { onOddity });
  assert.deepEqual(pairs.map(({ id, imageId, text, speaker, split }) => [id, imageId, text, speaker, split]), [
    ["1", "images/red.png", "A red square", "", "train"],
    ["two", "images/red.png", "", "", "train"],
    ["line-4", "images/blue.jpg", "", "5", "dev"],
    ["line-5", "images/green.jpg", "Zoë", "", "test"],
  ]);
  assert.deepEqual(odd, [], "mood is a column of the tone benchmark: nothing is wrong with it");
});

Deno.test("without splits 10 % of the images are dev and 10 % test, whatever the order and the folder", async () => {
  const lines = Array.from({ length: 300 }, (_, i) => `images/${i % 100}.jpg,audio/${i}.wav\n`);
  const cut = async (lines: string[]): Promise<Map<string, Split>> => {
    const splits = new Map<string, Split>();
    await withFiles({ "pairs.csv": "image,audio\n" + lines.join("") }, async (root) => {
      for (const { imageId, split } of await loadOwnPairs(join(root, "pairs.csv"))) {
        assert.equal(splits.get(imageId) ?? split, split); // all descriptions of a picture together
        splits.set(imageId, split);
      }
    });
    return splits;
  };
  const first = await cut(lines);
  const counts = Object.groupBy([...first.values()], (split) => split);
  assert.deepEqual([counts.train?.length, counts.dev?.length, counts.test?.length], [80, 10, 10]);
  const second = await cut(lines.toReversed());
  for (const [imageId, split] of first) assert.equal(second.get(imageId), split);
});

Deno.test("names that follow each other come into all splits", async () => {
  const lines = Array.from(
    { length: 400 },
    (_, i) => ({ image: `frame${String(i).padStart(4, "0")}.png`, audio: "a.wav" }),
  );
  await withFiles({ "pairs.jsonl": json(...lines) }, async (root) => {
    const test = (await loadOwnPairs(join(root, "pairs.jsonl"))).flatMap(({ split }, i) => split === "test" ? [i] : []);
    const tens = new Set(test.map((i) => Math.floor(i / 10)));
    assert.equal(test.length, 40);
    assert.ok(tens.size >= 20, `40 test pictures come from ${tens.size} of 40 runs of ten`);
  });
});

Deno.test("without dev a tenth of the train images becomes dev, which is reported", async () => {
  const line = (i: number, split: string) => ({ image: `${i}.jpg`, audio: `${i}.wav`, split });
  const lines = [...Array(20).keys()].map((i) => line(i, "train")).concat([line(20, "test"), line(21, "test")]);
  await withFiles({ "pairs.jsonl": json(...lines) }, async (root) => {
    const { odd, onOddity } = listener();
    const pairs = await loadOwnPairs(join(root, "pairs.jsonl"), { onOddity });
    const counts = Object.groupBy(pairs, ({ split }) => split);
    assert.deepEqual([counts.train?.length, counts.dev?.length, counts.test?.length], [18, 2, 2]);
    assert.deepEqual(counts.test?.map(({ id }) => id), ["line-21", "line-22"]);
    const notFound = odd.splice(0, 2);
    for (const [i, column] of ["image", "audio"].entries()) {
      const line = `:1 '${column}' of the first lines not found: relative paths are searched in '${root}'`;
      assert.ok(notFound[i]?.startsWith(line), notFound.join());
    }
    assert.deepEqual(odd, [":1 data without a dev split, cut from train by image: split"]);
  });
});

const GOOD = { image: "a.jpg", audio: "a.wav" };
const PAIR_FAULTS: [name: string, content: string, message: RegExp][] = [
  ["pairs.jsonl", "", /list 0 recordings/],
  ["pairs.csv", "image,audio\n", /list 0 recordings/],
  ["pairs.csv", "", /list 0 recordings/],
  ["pairs.txt", "image,audio\n", /a table must be JSON lines .*: rename it/],
  ["pairs.jsonl", json(GOOD) + "{\n", /pairs\.jsonl:2 as it is not JSON/],
  ["pairs.jsonl", "[1]\n", /:1 as a line must be a JSON object/],
  ["pairs.jsonl", json({ image: "a.jpg" }), /:1 as 'audio' must be a text with something in it: it is missing/],
  ["pairs.jsonl", json({ ...GOOD, text: ["a"] }), /:1 as 'text' must be a text: it is \["a"\]/],
  ["pairs.jsonl", json({ ...GOOD, IMAGE: "b.jpg" }), /:1 as there must be one column 'image': there are more/],
  ["pairs.csv", "picture,audio\na.jpg,a.wav\n", /:1 as the header must name 'image': it names picture, audio/],
  ["pairs.csv", "image,audio\na.jpg,a.wav\nb.jpg\n", /pairs\.csv:3 as it is not well-formed CSV/],
  ["pairs.csv", 'image,audio\n"a.jpg,a.wav\n', /pairs\.csv:2 as it is not well-formed CSV/],
  ["pairs.csv", "image,audio\n,a.wav\n", /:2 as 'image' must be a text with something in it/],
  ["pairs.csv", "image,image,audio\na,b,c\n", /:1 as there must be one column 'image'/],
  ["pairs.jsonl", json({ ...GOOD, audio: "/tmp/a.wav" }), /'\/tmp\/a\.wav' \(.*:1\) as it leaves .*relative to/],
  ["pairs.jsonl", json({ ...GOOD, image: "../a.jpg" }), /'\.\.\/a\.jpg' .* leaves/],
  ["pairs.jsonl", json({ ...GOOD, image: "x\\..\\..\\a.jpg" }), /leaves/],
  ["pairs.jsonl", json(...Array(30).fill(GOOD), { ...GOOD, audio: "b/../../a.wav" }), /:31\) as it leaves/],
  ["pairs.jsonl", json({ ...GOOD, image: "C:\\a.jpg" }), /leaves/],
  ["pairs.jsonl", json({ ...GOOD, image: "\\\\server\\a.jpg" }), /leaves/],
  [
    "pairs.jsonl",
    json(GOOD, { ...GOOD, split: "test" }),
    /:1 as all lines or none must have a 'split': .*:2 has 'test'/,
  ],
  [
    "pairs.jsonl",
    json({ ...GOOD, split: "training" }),
    /:1 as 'split' must be train, dev \(or val\) or test: it is 'training'/,
  ],
  [
    "pairs.jsonl",
    json({ ...GOOD, split: "train" }, { image: "./a.jpg", audio: "b.wav", split: "test" }),
    /:2 as image 'a\.jpg' must be in one split only: it is in test here and in train in .*:1/,
  ],
  [
    "pairs.jsonl",
    json({ ...GOOD, id: "x" }, { ...GOOD, id: "x" }),
    /:2 as its 'id' must be unique: 'x' is in .*:1/,
  ],
  ["pairs.jsonl", json({ ...GOOD, id: "line-2" }, GOOD), /:2 as its 'id' must be unique/],
  [
    "pairs.jsonl",
    json({ ...GOOD, imageId: 1 }, { ...GOOD, imageId: 2 }),
    /:2 as an image must have one imageId .*goes with '2' here and with '1' in .*:1/,
  ],
  [
    "pairs.jsonl",
    json({ ...GOOD, imageId: 1 }, { image: "b.jpg", audio: "b.wav", imageId: 1 }),
    /:2 as an image must/,
  ],
  ["pairs.jsonl", json(GOOD, { image: "b.jpg", audio: "b.wav" }), /takes 3 different values of image: there are 2/],
];

Deno.test("loadOwnPairs names file, line and field of what is wrong", async () => {
  for (const [name, content, message] of PAIR_FAULTS) {
    await withFiles({ [name]: content }, async (root) => {
      await assert.rejects(loadOwnPairs(join(root, name)), { name: "InputError", message }, content);
    });
  }
  await withFiles({}, async (root) => {
    await assert.rejects(loadOwnPairs(join(root, "pairs.csv")), /pairs\.csv' as there is no such file/);
    await Deno.mkdir(join(root, "folder.csv"));
    await assert.rejects(loadOwnPairs(join(root, "folder.csv")), /as it is a folder/);
    await Deno.writeFile(join(root, "wide.csv"), Uint8Array.from([0xff, 0xfe, 0x69, 0, 0x6d, 0]));
    await assert.rejects(loadOwnPairs(join(root, "wide.csv")), /must be text in UTF-8/);
  });
});

Deno.test("loadOwnPairs reports a file that is not UTF-8", async () => {
  await withFiles({}, async (root) => {
    const latin = (text: string) => Uint8Array.from(text, (sign) => sign.charCodeAt(0));
    const lines = ["a", "b", "c"].map((name) => `${name}.jpg,${name}.wav,café`);
    await Deno.writeFile(join(root, "pairs.csv"), latin(["image,audio,text", ...lines].join("\n")));
    const { odd, onOddity } = listener();
    assert.equal((await loadOwnPairs(join(root, "pairs.csv"), { onOddity }))[0]?.text, "caf\uFFFD");
    assert.match(odd[0] ?? "", /file that is not UTF-8/);
  });
});

Deno.test("loadEmotionClips reads labels, and cuts by speaker where each line names one", async () => {
  assert.deepEqual(await loadEmotionClips(join(OWN, "labels.csv")), [
    {
      id: "line-2",
      audio: join(OWN, "audio", "one.wav"),
      emotion: "happy",
      statement: "Good morning, all",
      speaker: "anna",
      split: "train",
    },
    {
      id: "line-3",
      audio: join(OWN, "audio", "two.wav"),
      emotion: "sad",
      statement: "",
      speaker: "bob",
      split: "test",
    },
  ]);
  const clips = [...Array(60).keys()].map((i) => ({ audio: `${i}.wav`, emotion: "calm", speaker: `s${i % 5}` }));
  await withFiles(
    { "by.jsonl": json(...clips), "no.jsonl": json(...clips, { audio: "60.wav", emotion: "x" }) },
    async (root) => {
      const { odd, onOddity } = listener();
      const bySpeaker = await loadEmotionClips(join(root, "by.jsonl"), { onOddity });
      const speakers = Map.groupBy(bySpeaker, ({ speaker }) => speaker);
      for (const group of speakers.values()) assert.equal(new Set(group.map(({ split }) => split)).size, 1);
      assert.match(odd.shift() ?? "", /^:1 'audio' of the first lines not found/);
      assert.deepEqual(odd, [":1 data without splits, cut by speaker into train, dev and test: split"]);
      const byClip = await loadEmotionClips(join(root, "no.jsonl"));
      assert.equal(byClip.filter(({ split }) => split === "test").length, 6);
    },
  );
});

Deno.test("loadEmotionClips names what is wrong", async () => {
  const wrong: [Record<string, unknown>[], RegExp][] = [
    [[{ audio: "a.wav" }], /:1 as 'emotion' must be a text/],
    [[{ audio: "../a.wav", emotion: "sad" }], /leaves/],
    [
      [{ audio: "a.wav", emotion: "sad", split: "train" }, { audio: "a.wav", emotion: "sad", split: "test" }],
      /recording/,
    ],
    [[], /list 0 recordings/],
  ];
  for (const [lines, message] of wrong) {
    await withFiles({ "clips.jsonl": json(...lines) }, async (root) => {
      await assert.rejects(loadEmotionClips(join(root, "clips.jsonl")), { name: "InputError", message });
    });
  }
});

/** Three images and recordings below `root/data`, and a table somewhere else that lists them. */
async function withData(table: (root: string) => Record<string, string>, test: (root: string) => Promise<void>) {
  const files = ["a", "b", "c"].flatMap((name) => [[`data/images/${name}.jpg`, ""], [`data/audio/${name}.wav`, ""]]);
  await withFiles(Object.fromEntries(files), async (root) => {
    for (const [name, content] of Object.entries(table(root))) {
      await Deno.mkdir(dirname(join(root, name)), { recursive: true });
      await Deno.writeTextFile(join(root, name), content);
    }
    await test(root);
  });
}

function csv(image: string, audio: string): string {
  return ["image,audio", ...["a", "b", "c"].map((name) => `${image}/${name}.jpg,${audio}/${name}.wav`)].join("\n");
}

Deno.test("absolute paths and paths with .. are allowed below the roots, and only there", async () => {
  const tables = (root: string) => ({
    "lists/absolute.csv": csv(join(root, "data/images"), join(root, "data/audio")),
    "lists/up.csv": csv("../data/images", "../data/audio"),
    "lists/sub/up.csv": csv("../../data/./images", "../../data/x/../audio"),
    "data/inside.csv": csv(join(root, "data/images"), "images/../audio"),
  });
  await withData(tables, async (root) => {
    const images = ["a", "b", "c"].map((name) => join(root, "data/images", `${name}.jpg`));
    const recordings = ["a", "b", "c"].map((name) => join(root, "data/audio", `${name}.wav`));
    for (const name of ["lists/absolute.csv", "lists/up.csv", "lists/sub/up.csv"]) {
      const file = join(root, name);
      const wrong = {
        name: "InputError",
        message: /:2\) as it leaves the data set's folder '.*': .*--data-root names/,
      };
      await assert.rejects(loadOwnPairs(file), wrong);
      await assert.rejects(loadOwnPairs(file, { roots: [join(root, "lists"), join(root, "data/images")] }), {
        name: "InputError",
        message: /audio\/a\.wav' \(.*:2\) as it leaves .* and the roots '.*lists', '.*images'/,
      });
      for (const roots of [[root], [join(root, "data")], [join(root, "data/images/"), join(root, "data/audio")]]) {
        const pairs = await loadOwnPairs(file, { roots });
        assert.deepEqual(pairs.map(({ image }) => image), images);
        assert.deepEqual(pairs.map(({ audio }) => audio), recordings);
      }
    }
    const inside = await loadOwnPairs(join(root, "data/inside.csv"));
    assert.deepEqual(
      inside.map(({ image, audio }) => [image, audio]),
      images.map((image, i) => [image, recordings[i]]),
    );
    await assert.rejects(loadOwnPairs(join(root, "data/inside.csv"), { roots: [join(root, "no")] }), {
      name: "InputError",
      message: /no' as a root of the data as it must be a folder/,
    });
  });
});

Deno.test("a root's name is no beginning of another folder's name", async () => {
  await withData(() => ({ "lists/up.csv": csv("../data/images", "../data/audio") }), async (root) => {
    await Deno.mkdir(join(root, "dat"));
    await assert.rejects(loadOwnPairs(join(root, "lists/up.csv"), { roots: [join(root, "dat")] }), /leaves/);
  });
});

Deno.test("relative paths start at the table's folder, or at the root that has the files", async () => {
  await withData(() => ({ "lists/pairs.csv": csv("images", "audio") }), async (root) => {
    const file = join(root, "lists/pairs.csv");
    const { odd, onOddity } = listener();
    await loadOwnPairs(file, { onOddity });
    assert.ok(odd[0]?.includes(`relative paths are searched in '${join(root, "lists")}' (--data-root adds a folder)`));
    for (const roots of [[join(root, "data")], [root, join(root, "data")]]) {
      const { odd, onOddity } = listener();
      const pairs = await loadOwnPairs(file, { roots, onOddity });
      assert.equal(pairs[0]?.image, join(root, "data/images/a.jpg"));
      assert.deepEqual(odd.filter((line) => line.includes("not found")), []);
    }
  });
});

Deno.test("URLs are refused as such", async () => {
  const urls = [
    "https://x.org/a.jpg",
    "HTTP://x.org/a.jpg",
    "s3://bucket/a.jpg",
    "gs://b/a.jpg",
    "file:///tmp/a.jpg",
    "data:image/png;base64,AA",
  ];
  for (const url of urls) {
    await withFiles({ "pairs.jsonl": json({ ...GOOD, image: url }) }, async (root) => {
      for (const roots of [[], [root]]) {
        await assert.rejects(loadOwnPairs(join(root, "pairs.jsonl"), { roots }), {
          name: "InputError",
          message: /pairs\.jsonl:1\) as it is a URL: .* Fetch the files/,
        });
      }
    });
  }
});

Deno.test("common names of columns are synonyms", async () => {
  const headers: [header: string, text: string][] = [
    ["image_path,audio_path,caption", "x"],
    ["Image File,Audio-Filename,sentence", "x"],
    ["file,audio,transcription", "x"],
    ["image,file,description", "x"],
    ["filename,wav,transcript", "x"],
    ["img,path,other", ""],
  ];
  for (const [header, text] of headers) {
    const lines = ["a", "b", "c"].map((name) => `${name}.jpg,${name}.wav,x`);
    const names = header.split(",");
    const entries = ["a", "b", "c"].map((name) => ({
      [names[0]!]: `${name}.jpg`,
      [names[1]!]: `${name}.wav`,
      [names[2]!]: "x",
    }));
    await withFiles({ "p.csv": [header, ...lines].join("\n"), "p.jsonl": json(...entries) }, async (root) => {
      for (const name of ["p.csv", "p.jsonl"]) {
        const [pair] = await loadOwnPairs(join(root, name));
        assert.deepEqual(
          [pair?.image, pair?.audio, pair?.text],
          [join(root, "a.jpg"), join(root, "a.wav"), text],
          header,
        );
      }
    });
  }
  const clips = [{ path: "a.wav", label: "sad", client_id: "1" }, { path: "b.wav", label: "glad", client_id: "2" }, {
    path: "c.wav",
    label: "sad",
    client_id: "3",
  }];
  await withFiles({ "clips.jsonl": json(...clips) }, async (root) => {
    const [clip] = await loadEmotionClips(join(root, "clips.jsonl"));
    assert.deepEqual([clip?.audio, clip?.emotion, clip?.speaker], [join(root, "a.wav"), "sad", "1"]);
  });
});

Deno.test("two columns of one meaning, and one of two meanings, are refused by name", async () => {
  const wrong: [header: string, message: RegExp][] = [
    ["image,image_path,audio", /:1 as there must be one column 'image': there are more \('image', 'image_path'\)/],
    ["image,audio,caption,sentence", /one column 'text': there are more \('caption', 'sentence'\)/],
    ["image,audio,text,caption", /one column 'text': there are more \('text', 'caption'\)/],
    ["image,file,path", /one column 'audio': there are more \('file', 'path'\)/],
    ["file,text", /:1 as 'file' may mean image or audio: name it after one of these columns/],
    ["picture,audio", /names picture, audio\. Other names of that column: image_path, /],
  ];
  for (const [header, message] of wrong) {
    await withFiles(
      { "p.csv": `${header}\na,b,c,d\n`.replace("a,b,c,d", header.replaceAll(/\w+/g, "x")) },
      async (root) => {
        await assert.rejects(loadOwnPairs(join(root, "p.csv")), { name: "InputError", message });
      },
    );
  }
  const { odd, onOddity } = listener();
  await withFiles({ "p.csv": "image,audio,file\na,b,x\nc,d,x\ne,f,x\n" }, async (root) => {
    await loadOwnPairs(join(root, "p.csv"), { onOddity });
  });
  assert.equal(odd[0], ":1 unknown column, ignored: file");
});

Deno.test("CSV of several blocks: quoted line ends, line numbers and widths as of one block", async () => {
  const lines = Array.from({ length: 60_000 }, (_, i) => `${i}.jpg,${i}.wav,"a ""long"" caption,\nof two lines ${i}"`);
  await withFiles({ "pairs.csv": ["image,audio,text", ...lines].join("\n") }, async (root) => {
    const pairs = await loadOwnPairs(join(root, "pairs.csv"));
    assert.equal(pairs.length, lines.length);
    assert.ok(
      pairs.every(({ id, text }, i) => id === `line-${2 * i + 3}` && text === `a "long" caption,\nof two lines ${i}`),
    );
    await Deno.writeTextFile(join(root, "pairs.csv"), "\nx.jpg,x.wav\n", { append: true });
    await assert.rejects(loadOwnPairs(join(root, "pairs.csv")), /pairs\.csv:120002 as it is not well-formed CSV/);
  });
});
