import assert from "node:assert/strict";
import fc from "fast-check";
import spellings from "american-british-english-translator/data/british_spellings.json" with { type: "json" };
import { normalizeEnglish } from "../../lib/text/english.ts";
import { NUMBER_WORDS } from "../../lib/text/spoken_number.ts";

/** Each line: what is said, and what Whisper's own tests or its description say that it becomes. */
function holds(cases: Readonly<Record<string, string>>): void {
  for (const [text, expected] of Object.entries(cases)) assert.equal(normalizeEnglish(text), expected, text);
}

Deno.test("the published examples of Whisper's number normalizer", () => {
  holds({
    "two": "2",
    "thirty one": "31",
    "five twenty four": "524",
    "nineteen ninety nine": "1999",
    "twenty nineteen": "2019",
    "two point five million": "2500000",
    "four point two billions": "4200000000s",
    "200 thousand": "200000",
    "200 thousand dollars": "$200000",
    "$20 million": "$20000000",
    "€52.4 million": "€52400000",
    "£77 thousands": "£77000s",
    "two double o eight": "2008",
    "three thousand twenty nine": "3029",
    "forty three thousand two hundred sixty": "43260",
    "forty three thousand two hundred and sixty": "43260",
    "nineteen fifties": "1950s",
    "thirty first": "31st",
    "thirty three thousand and three hundred and thirty third": "33333rd",
    "three billion": "3000000000",
    "millions": "1000000s",
    "july third twenty twenty": "july 3rd 2020",
    "august twenty sixth twenty twenty one": "august 26th 2021",
    "3 14": "3 14",
    "3.14": "3.14",
    "3 point 2": "3.2",
    "3 point 14": "3.14",
    "fourteen point 4": "14.4",
    "two point two five dollars": "$2.25",
    "two hundred million dollars": "$200000000",
    "$20.1 million": "$20100000",
    "ninety percent": "90%",
    "seventy six per cent": "76%",
    "double oh seven": "007",
    "double zero seven": "007",
    "nine one one": "911",
    "nine double one": "911",
    "one triple oh one": "10001",
    "two thousandth": "2000th",
    "thirty two thousandth": "32000th",
    "minus 500": "-500",
    "positive twenty thousand": "+20000",
    "two dollars and seventy cents": "$2.70",
    "3 cents": "¢3",
    "$0.36": "¢36",
    "three euros and sixty five cents": "€3.65",
    "three and a half million": "3500000",
    "forty eight and a half dollars": "$48.5",
    "b747": "b 747",
    "10 th": "10th",
    "10th": "10th",
  });
});

Deno.test("the published examples of Whisper's text normalizer", () => {
  holds({
    "mobilisation": "mobilization",
    "Let's": "let us",
    "he's like": "he is like",
    "she's been like": "she has been like",
    "10km": "10 km",
    "10mm": "10 mm",
    "RC232": "rc 232",
    "Mr. Park visited Assoc. Prof. Kim Jr.": "mister park visited associate professor kim junior",
  });
  assert.equal(normalizeEnglish("cancelation"), normalizeEnglish("cancellation"));
});

Deno.test("numbers that are said in other ways", () => {
  holds({
    "one hundred and five": "105",
    "twenty one hundred": "2100",
    "two million three hundred thousand four": "2300004",
    "three thousand five hundred million": "3500000000",
    "half a million people": "500000 people",
    "point twenty five": "point 25",
    "one point twenty five": "1.25",
    "ten five": "105",
    "twelfth": "12th",
    "twenties": "20s",
    "sixes": "6s",
    "zeroth": "0th",
    "minus five dollars": "-$5",
    "the 1960's": "the 1960s",
    "1,000,000 and 1, 2, 3": "1000000 and 1 2 3",
    ".5 and 5 %": "0.5 and 5%",
    "$ 3": "$3",
    "two dollars and five": "$2 and 5",
    "zero dollars and thirty cents": "$0 and ¢30",
    "2 and 3": "2 and 3",
  });
});

Deno.test("words that only look like numbers stay words", () => {
  holds({
    "oh a dog": "oh a dog",
    "five o'clock": "5 o clock",
    "the main point": "the main point",
    "the point two men": "the point 2 men",
    "a double bed and a minus": "a double bed and a minus",
    "one third": "1 3rd",
    "per cent": "per cent",
    "in 2017 two dogs": "in 2017 2 dogs",
    "half a dog and a half": "half a dog and a half",
    "dollars and cents": "dollars and cents",
  });
});

Deno.test("contractions, fillers, brackets, diacritics, symbols", () => {
  holds({
    "I won't, can't, don't, ain't": "i will not can not do not aint",
    "They’re what they’ve said he'll say; I'm in, you'd go, shouldn't've": "they are what they have said he will say " +
      "i am in you would go should not have",
    "he's gone, she'd been, it'd done, who's got": "he has gone she had been it had done who has got",
    "wanna gotta gonna imma woulda coulda shoulda":
      "want to got to going to i am going to would have could have should have",
    "i'ma, y'all, ma'am, rock 'n' roll": "i am going to you all madam rock n roll",
    "the dog 's tail": "the dog is tail",
    "hmm mm mhm mmm uh um Uh-huh humming": "huh humming",
    "he's um been": "he has been",
    "twenty um one": "21",
    "a [laughs] man (on the left) <unk> runs [": "a man runs",
    "((a) b) c": "b c",
    "Crème brûlée, Łódź, smørrebrød, Straße, ﬁne, ＡＢ": "creme brulee lodz smorrebrod strasse fine ab",
    "well-kept; e.g. this... 100% & a+b = c_d": "well kept e g this 100% a b c d",
    "colour of the grey travelled theatre": "color of the gray traveled theater",
    "St. James and Dr. Who, 21 st, 11 st": "saint james and doctor who 21st 11 saint",
    " \t\n": "",
    "?!": "",
    "犬 が 走る": "犬 が 走る",
  });
});

Deno.test("every American spelling stays as it is, every British one becomes it", () => {
  for (const [british, american] of Object.entries<string>(spellings)) {
    assert.equal(normalizeEnglish(british), american);
    assert.equal(normalizeEnglish(american), american);
  }
});

const GRAMMAR = [
  ...NUMBER_WORDS.keys(),
  ..."and a half point double triple oh o minus plus dollars cents pound percent per cent st nd th s mm um uh mr".split(
    " ",
  ),
  ..."'s 's been he's it'd gonna imma's um's n't dog 5 5.5 .5 $5 $0.36 ¢70 -3 +$2 10km 21st 7% 1,000 2001 1.2.3 % $ - ' ( ) [ ]"
    .split(" "),
];
const spoken = fc.array(fc.tuple(fc.constantFrom(...GRAMMAR), fc.constantFrom(" ", " ", " ", "", ", ")), {
  maxLength: 12,
})
  .map((parts) => parts.flat().join(""));

Deno.test("twice is the same as once: number grammar, contractions and symbols in any order", () => {
  fc.assert(
    fc.property(spoken, (text) => {
      const once = normalizeEnglish(text);
      assert.equal(normalizeEnglish(once), once);
      assert.match(once, /^(\S+( \S+)*)?$/);
    }),
    { numRuns: 20_000 },
  );
});

Deno.test("twice is the same as once: any text", () => {
  for (const unit of ["grapheme", "binary", "grapheme-ascii"] as const) {
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 40 }), (text) => {
        const once = normalizeEnglish(text);
        assert.equal(normalizeEnglish(once), once);
      }),
      { numRuns: 1000 },
    );
  }
});

/** Says a number as a person would. */
function say(value: number): string {
  const names = new Map(
    [...NUMBER_WORDS].filter(([, { ending }]) => ending === "none").map(([name, word]) => [
      Number(word.value),
      name,
    ]),
  );
  const below1000 = (n: number): string[] => {
    const hundreds = Math.floor(n / 100), rest = n % 100;
    const words = hundreds > 0 ? [names.get(hundreds)!, "hundred"] : [];
    if (hundreds > 0 && rest > 0) words.push("and");
    if (rest === 0) return words;
    if (names.has(rest)) return [...words, names.get(rest)!];
    return [...words, names.get(10 * Math.floor(rest / 10))!, names.get(rest % 10)!];
  };
  if (value === 0) return "zero";
  const groups: string[][] = [];
  for (let scale = 1, rest = value; rest > 0; scale *= 1000, rest = Math.floor(rest / 1000)) {
    if (rest % 1000 > 0) groups.unshift([...below1000(rest % 1000), ...(scale > 1 ? [names.get(scale)!] : [])]);
  }
  return groups.flat().join(" ");
}

Deno.test("every number that is said comes back in digits", () => {
  for (let n = 0; n < 3000; n++) assert.equal(normalizeEnglish(say(n)), String(n), say(n));
  fc.assert(fc.property(fc.integer({ min: 0, max: 1e15 }), (n) => {
    assert.equal(normalizeEnglish(`Um, ${say(n)}!`), String(n), say(n));
  }));
});

Deno.test("a very long text takes no time that grows with its square", () => {
  const long = 50_000;
  for (const part of ["[", "(", " ", "'s ", "one ", "million ", "oh ", "5,", "$0.", ". "]) {
    normalizeEnglish(part.repeat(long));
  }
});
