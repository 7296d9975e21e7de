/** Whatever others wrote stays text: in HTML, Markdown, CSV, LaTeX, terminals and shells. */
import assert from "node:assert/strict";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { convertCommand } from "../../lib/audio/format.ts";
import {
  escapeHtml,
  escapeLatex,
  escapeMarkdown,
  escapeScript,
  oneLine,
  printable,
  shellWord,
} from "../../lib/files/escape.ts";
import { imageBundle, playerBundle, tableBundle } from "../../lib/notebook/show.ts";
import { convert } from "../../lib/image/image_format.ts";
import { commandLine } from "../../lib/report/collect/entry.ts";
import { csvOf, latexOf, markdownOf } from "../../lib/report/tables/render.ts";
import { anyCharacter } from "../any_character.ts";

/** Names as an attacker or a careless user gives them. */
const NASTY = [
  "=HYPERLINK(1+1)|x",
  "@SUM(A1)",
  "+cmd|' /C calc'!A0",
  "-2+3",
  "\uff1d1+1",
  "\tx",
  "\r=1",
  "<script>alert(1)</script>",
  "[a](javascript:alert(1))",
  "![](http://x/y.png)",
  "`code`",
  "a|b",
  "\\input{/etc/passwd}",
  "$(touch x)",
  "`id`",
  "'; rm -rf ~ #",
  "\u001b]0;title\u0007",
  "\u001b[2Jgone",
  "\u202egpj.exe",
  "\u0085\u009b31m",
  "a\nb",
  "]]>",
  "</script",
  "\u2028",
  "%0a",
  "-",
  "",
];
const text = fc.oneof(
  fc.constantFrom(...NASTY),
  fc.string({ unit: anyCharacter }),
  fc.array(fc.oneof(fc.constantFrom(...NASTY, ..."=+-@|\\`[]<>&\"'$%#_{}~^\n\r\t\u001b"), fc.string()), {
    maxLength: 8,
  })
    .map((parts) => parts.join("")),
);
const table = fc.record({
  title: text,
  note: text,
  columns: fc.tuple(text, text),
  rows: fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 3 }),
}).map((content) => ({ name: "t", ...content }));
const RUNS = { numRuns: 1500 };
// deno-lint-ignore no-control-regex
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

Deno.test("no cell of a CSV is a formula, and every cell is read back", () => {
  fc.assert(
    fc.property(table, (content) => {
      const read = parse(csvOf(content)) as string[][];
      assert.equal(read.length, content.rows.length + 1);
      for (const cell of read.flat()) {
        assert.ok(
          !/^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/.test(cell) || /^[+-]?\d+(\.\d+)?$/.test(cell),
          JSON.stringify(cell),
        );
      }
    }),
    RUNS,
  );
});

Deno.test("every row of a Markdown table has as many cells as its head, and nothing in it is HTML, a link or code", () => {
  fc.assert(
    fc.property(table, (content) => {
      const lines = markdownOf(content).split("\n");
      const rows = lines.filter((line) => line.startsWith("| ") || line.startsWith("|-"));
      assert.equal(rows.length, content.rows.length + 2);
      for (const row of rows) assert.equal(row.replaceAll(/\\./g, "").split("|").length, 4, row);
      const bare = lines.join("\n").replaceAll(/\\./g, "·");
      assert.doesNotMatch(bare, /`|<[a-z/!?]|\][([]/i);
      assert.doesNotMatch(bare, CONTROL);
      assert.match(lines[0]!, /^# /);
    }),
    RUNS,
  );
});

Deno.test("a table and a caption in a notebook are text in each of their forms", () => {
  fc.assert(
    fc.property(table, (content) => {
      const { "text/html": page, "text/markdown": markdown, "text/plain": plain } = tableBundle(content);
      assert.doesNotMatch(String(page), /<(?!\/?(?:table|caption|thead|tbody|tr|th|td|p)\b)/);
      for (const row of String(markdown).split("\n").filter((line) => line.startsWith("| "))) {
        assert.equal(row.replaceAll(/\\./g, "").split("|").length, 4, row);
      }
      assert.doesNotMatch(String(markdown).replaceAll(/\\./g, "·"), /`|<[a-z/!?]|\][([]/i);
      assert.doesNotMatch(String(plain), CONTROL);
    }),
    { numRuns: 500 },
  );
  fc.assert(
    fc.property(text, text, fc.boolean(), (caption, name, named) => {
      const bytes = new Uint8Array(4);
      const label = named ? undefined : caption;
      for (const forms of [imageBundle(bytes, label, name), playerBundle(bytes, "wav, 1.0 s", label, name)]) {
        assert.doesNotMatch(String(forms["text/html"]), /<(?!\/?(?:figure|figcaption|img|audio)\b)/);
        assert.doesNotMatch(String(forms["text/plain"]), CONTROL);
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("LaTeX has no command, group, comment or math that the text brought", () => {
  const ALLOWED =
    /\\(?:textbackslash|textasciicircum|textasciitilde|textless|textgreater|textbar|textquotedbl)\{\}|\\[{}#$%&_]|\$\\pm\$|\$\\times\$|-\{\}|\{\}/g;
  fc.assert(
    fc.property(text, (value) => assert.doesNotMatch(escapeLatex(value).replaceAll(ALLOWED, ""), /[\\{}#$%&_^~\n]/)),
    RUNS,
  );
  fc.assert(
    fc.property(table, (content) => {
      const latex = latexOf(content);
      assert.equal(latex.match(/\\begin\{tabular\}/g)?.length, latex.match(/\\end\{tabular\}/g)?.length);
      assert.doesNotMatch(latex, /\\input|\\write/);
    }),
    { numRuns: 300 },
  );
});

Deno.test("HTML and scripts hold the text as text", () => {
  const decoded = (html: string) =>
    html.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&amp;", "&");
  fc.assert(
    fc.property(text, (value) => {
      const html = escapeHtml(value);
      assert.doesNotMatch(html, /[<>"]|&(?!lt;|gt;|quot;|amp;)/);
      assert.equal(decoded(html), value);
      const script = escapeScript(JSON.stringify(value));
      assert.doesNotMatch(script, /[<\u2028\u2029]/);
      assert.equal(JSON.parse(script), value);
    }),
    RUNS,
  );
});

Deno.test("a terminal gets no control character, and plain text is unchanged", () => {
  fc.assert(fc.property(text, (value) => assert.doesNotMatch(printable(value), CONTROL)), RUNS);
  assert.equal(printable("Grüße, 漢字 🙂\n\tx"), "Grüße, 漢字 🙂\n\tx");
  assert.equal(printable("a\u001b[31mb"), "a\\u001b[31mb");
  assert.equal(escapeMarkdown("a|b <i> [x](y) `c`"), "a\\|b &lt;i> [x]\\(y) \\`c\\`");
  assert.equal(oneLine(" a\n b "), "a b");
});

Deno.test({
  name: "a command that is printed for copying gives a shell exactly the words that were meant",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const words = fc.sample(text.map((word) => word.replaceAll("\0", "")), { numRuns: 400, seed: 1 });
    const script = `printf '%s\\0' ${words.map(shellWord).join(" ")}`;
    const { stdout } = await new Deno.Command("sh", { args: ["-c", script] }).output();
    assert.deepEqual(stdout, new TextEncoder().encode(words.map((word) => `${word}\0`).join("")));
    for (
      const command of [convertCommand, (path: string) => convert(path), (path: string) => commandLine("eval", [path])]
    ) {
      const line = command("a'; touch /tmp/x; '.mp3");
      assert.ok(line.includes(`'a'\\''; touch /tmp/x; '\\''.mp3`), line);
    }
  },
});
