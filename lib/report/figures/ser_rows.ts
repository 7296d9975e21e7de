/**
 * Rows of emotion recognition, as figures call and group them.
 *
 * @module
 */
import type { SerResult, SerRow, SerSettings } from "../../experiments/ser/ser_results.ts";
import { originOf } from "../collect/data_origin.ts";
import type { ExperimentParts } from "./figure.ts";
import { VARIANT_LABELS } from "./palette.ts";
import { amount, dataTold } from "./told.ts";

/** What the protocols are called. */
export const PROTOCOLS: Readonly<Record<SerRow["protocol"], string>> = {
  "split": "Train and test split",
  "speakers-out": "Speakers left out",
};

/** A system under a protocol, over its seeds. */
export interface SerGroup extends Pick<SerRow, "system" | "encoder" | "protocol"> {
  /** One a seed. */
  rows: SerRow[];
}

const SYSTEMS = ["majority", "log-mel", "probe", "fine-tuned"] as const;

/** Systems by protocols: the split first, baselines first, then encoder by encoder. */
export function groupedRows({ rows }: SerResult): SerGroup[] {
  const groups = new Map<string, SerGroup>();
  for (const row of rows) {
    const { system, encoder, protocol } = row;
    const key = JSON.stringify([protocol, encoder, system]);
    const group = groups.get(key) ?? { system, encoder, protocol, rows: [] };
    group.rows.push(row);
    groups.set(key, group);
  }
  const encoders = [...new Set(rows.map(({ encoder }) => encoder))].sort((a, b) =>
    Number(b === null) - Number(a === null)
  );
  const protocols = Object.keys(PROTOCOLS) as SerRow["protocol"][];
  const place = ({ protocol, encoder, system }: SerGroup): number =>
    (protocols.indexOf(protocol) * encoders.length + encoders.indexOf(encoder)) * SYSTEMS.length +
    SYSTEMS.indexOf(system);
  return [...groups.values()].sort((a, b) => place(a) - place(b));
}

/** `"Log-mel statistics"`, `"BrewCLIP, probe"`. */
export function systemName({ system, encoder }: Pick<SerGroup, "system" | "encoder">, settings: SerSettings): string {
  if (system === "majority") return "Majority mood";
  if (system === "log-mel") return "Log-mel statistics";
  return `${encoderName(encoder, settings)}, ${system}`;
}

/** An encoder as figures call it: its variant where its name is that. */
function encoderName(name: string | null, { encoders }: SerSettings): string {
  const found = encoders.find((encoder) => encoder.name === name);
  return found !== undefined && found.config.variant === name ? VARIANT_LABELS[found.config.variant] : name ?? "?";
}

/** Data, counts and seeds for a caption. */
export function serTold(
  { settings, result }: ExperimentParts<SerSettings, SerResult>,
  groups: readonly SerGroup[],
): string {
  const { clips, classes } = result;
  const counts = (protocol: SerRow["protocol"]): string[] => {
    const group = groups.find((group) => group.protocol === protocol);
    if (group === undefined) return [];
    const judged = new Set(group.rows[0]!.predictions.map(({ id }) => id));
    const speakers = new Set(clips.filter(({ id }) => judged.has(id)).map(({ speaker }) => speaker)).size;
    return [
      `${PROTOCOLS[protocol].toLowerCase()}: ${judged.size} of ${clips.length} clips of ${
        amount(speakers, "speaker")
      } judged`,
    ];
  };
  const seeds = [...new Set(groups.flatMap(({ rows }) => rows.flatMap(({ seed }) => seed ?? [])))];
  const tuned = seeds.length === 0
    ? ""
    : ` Fine-tuned with ${seeds.length === 1 ? "seed" : "seeds"} ${seeds.join(", ")}.`;
  const untrained = settings.encoders.every(({ trained }) => !trained) && settings.encoders.length > 0
    ? " The models were not trained on pictures."
    : "";
  const { dataset, dataRoot, transcript } = settings.data;
  return `${dataTold(originOf(dataset, dataRoot))}, ${amount(classes.length, "mood")}; ${
    [...counts("split"), ...counts("speakers-out")].join("; ")
  }. Text: ${transcript === "heard" ? "what the recogniser heard" : "the known sentence"}.${tuned}${untrained}`;
}
