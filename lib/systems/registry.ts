/** The systems by the names of their models. */
import { brewClip } from "./brewclip.ts";
import { fastVgs } from "./fast_vgs.ts";
import { milan } from "./milan.ts";
import { resDaveNet } from "./resdavenet.ts";
import { speechClip } from "./speechclip.ts";
import type { System } from "./system.ts";
import { type SystemName, systemNameOf, type Variant } from "./variants.ts";

const SYSTEMS: Readonly<Record<SystemName, System>> = {
  "brewclip": brewClip,
  "speechclip-p": speechClip,
  "speechclip-c": speechClip,
  "speechclip-h": speechClip,
  "speechclip-h-parallel": speechClip,
  "fast-vgs-co": fastVgs,
  "fast-vgs-ctf": fastVgs,
  "resdavenet": resDaveNet,
  "milan": milan,
};

/** The system of a model. */
export function systemOf({ variant }: { variant: Variant }): System {
  return SYSTEMS[systemNameOf(variant)];
}
