import { EXPERIMENTS } from "../../lib/experiments/registry.ts";
import { checkGenerated, optionsMarkdown } from "../option_docs.ts";

Deno.test("the documentation of each experiment's options is made from its table", async () => {
  const sections = Object.values(EXPERIMENTS).map(({ name, options }) =>
    `### \`deno task ${name}\`\n\n${optionsMarkdown(options)}`
  );
  await checkGenerated("lib/experiments/README.md", "experiment options", sections.join("\n"));
});
