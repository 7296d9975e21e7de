/**
 * The named tensor operations of the models. Each works on every backend and is differentiable; a gradient is computed only
 * where it is needed.
 */

export * from "./operations/activations.ts";
export * from "./operations/adam_update.ts";
export * from "./operations/attention.ts";
export * from "./operations/batch_norm.ts";
export * from "./operations/layer_norm.ts";
export * from "./operations/linear.ts";
export * from "./operations/rows.ts";
export * from "./operations/without_gradient.ts";
