/**
 * The settings of Whisper's decoding and of its front end, under their names in transformers.
 */
import { HOP } from "../audio/log_mel.ts";

/** Settings that can change a greedy text, with the value that changes nothing. A missing value or null changes nothing. */
export const NEUTRAL: Readonly<Record<string, number | boolean | undefined>> = {
  num_beams: 1,
  num_beam_groups: 1,
  num_return_sequences: 1,
  repetition_penalty: 1,
  encoder_repetition_penalty: 1,
  no_repeat_ngram_size: 0,
  encoder_no_repeat_ngram_size: 0,
  diversity_penalty: 0,
  penalty_alpha: 0,
  guidance_scale: 1,
  min_length: 0,
  min_new_tokens: 0,
  token_healing: false,
  condition_on_prev_tokens: false,
  bad_words_ids: undefined,
  force_words_ids: undefined,
  forced_bos_token_id: undefined,
  forced_eos_token_id: undefined,
  sequence_bias: undefined,
  constraints: undefined,
  exponential_decay_length_penalty: undefined,
  watermarking_config: undefined,
  dola_layers: undefined,
  stop_strings: undefined,
  max_time: undefined,
  prompt_ids: undefined,
};

/** Settings of a `generation_config.json` that we read, or that do not affect greedy decoding. */
export const KNOWN: ReadonlySet<string> = new Set(
  `decoder_start_token_id eos_token_id bos_token_id pad_token_id no_timestamps_token_id is_multilingual lang_to_id task_to_id
  language task forced_decoder_ids max_length max_new_tokens suppress_tokens begin_suppress_tokens prev_sot_token_id
  do_sample temperature top_k top_p top_h min_p typical_p epsilon_cutoff eta_cutoff length_penalty early_stopping low_memory
  renormalize_logits remove_invalid_values return_timestamps return_token_timestamps return_segments alignment_heads
  max_initial_timestamp_index median_filter_width return_dict_in_generate return_legacy_cache output_attentions
  output_hidden_states output_scores output_logits use_cache cache_implementation cache_config disable_compile
  compile_config prefill_chunk_size is_assistant num_assistant_tokens num_assistant_tokens_schedule
  assistant_confidence_threshold assistant_early_exit assistant_lookbehind target_lookbehind prompt_lookup_num_tokens
  max_matching_ngram_size prompt_condition_type logprob_threshold compression_ratio_threshold no_speech_threshold
  transformers_version use_scan continuous_batching_config`.split(/\s+/),
);

/** Greedy decoding. The prompt contains language and task. */
export const GREEDY: Readonly<Record<string, unknown>> = {
  do_sample: false,
  temperature: 1,
  num_beams: 1,
  repetition_penalty: 1,
  no_repeat_ngram_size: 0,
  min_length: 0,
  min_new_tokens: null,
  max_new_tokens: null,
  bad_words_ids: null,
  forced_bos_token_id: null,
  forced_eos_token_id: null,
  forced_decoder_ids: null,
  guidance_scale: null,
  return_dict_in_generate: false,
  output_attentions: false,
  output_scores: false,
  return_timestamps: false,
  return_token_timestamps: false,
  is_multilingual: false,
  language: null,
  task: null,
};

/** The required values of `preprocessor_config.json`, if it has them. */
export const FRONT_END: Readonly<Record<string, unknown>> = {
  sampling_rate: 16000,
  hop_length: HOP,
  n_fft: 400,
  dither: 0,
  padding_value: 0,
  padding_side: "right",
  do_normalize: false,
};
