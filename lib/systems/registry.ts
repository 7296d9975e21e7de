/** The systems by the names of their models. */
import { brewClip } from "./brewclip.ts";
import { speechClip } from "./speechclip.ts";
import type { System } from "./system.ts";
import { type SystemName, systemNameOf, type Variant } from "./variants.ts";

const SYSTEMS: Readonly<Partial<Record<SystemName, System>>> = {
  "brewclip": brewClip,
  "speechclip-p": speechClip,
  "speechclip-c": speechClip,
  "speechclip-h": speechClip,
};

/** The system of a model. */
export function systemOf({ variant }: { variant: Variant }): System {
  return SYSTEMS[systemNameOf(variant)] as System;
}
