/**
 * The choice between keeping what a gradient needs and computing it again.
 *
 * @module
 */
import { roomLeft } from "../runtime/room_left.ts";
import type { TowerConfig } from "./config.ts";

/**
 * So much of the room may be kept. The rest is for what a backward pass makes besides, about a fifth of what is kept, and for
 * gaps between tensors.
 */
const SHARE = 0.65;

/**
 * Whether the blocks of a frozen tower keep their inputs only and compute the rest again for the gradient: where the rest would
 * fill the room. The gradient is the same to the last digit; a step takes a quarter longer.
 *
 * @param places how many places of how many rows, B * T
 * @param room bytes; default what the backend has left
 */
export function recomputes(
  { layers, width, feedforward }: TowerConfig,
  places: number,
  room: number = roomLeft(),
): boolean {
  return 4 * places * (layers - 1) * (5 * width + feedforward) > SHARE * room;
}
